import { useContext } from "preact/hooks";
import { LanguageContext, useFormats } from "../context";
import type { Earlier, Facts } from "./api";
import { zhNotCompared, zhSentence } from "./sentence";

/** The service's own words, which are English whatever the reader's language. */
export function ServiceText({ text }: { text: string }) {
  return (
    <span class="message" lang="en">
      {text}
    </span>
  );
}

/** What a finding, an alarm or an event says, in the reader's language. */
export function Said(said: { kind: string; message: string; facts: Facts | null }) {
  const formats = useFormats();
  const zh = useContext(LanguageContext) === "zh-CN" ? zhSentence(said, formats) : null;
  return zh === null ? <ServiceText text={said.message} /> : <span class="message">{zh}</span>;
}

/** Why today is not compared with some of its past. */
export function NotCompared({ earlier }: { earlier: Earlier }) {
  const formats = useFormats();
  const zh = useContext(LanguageContext) === "zh-CN";
  return <p class="hint">{zh ? zhNotCompared(earlier, formats) : <ServiceText text={earlier.message} />}</p>;
}
