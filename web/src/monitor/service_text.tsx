import { useTexts } from "../context";

/** The service's own words, which are English, where the page has none in the reader's language. */
export function ServiceText({ text }: { text: string }) {
  const { watch } = useTexts();
  if (text === "as in training") return <span class="message">{watch.asInTraining}</span>;
  return (
    <span class="message" lang="en">
      {text}
    </span>
  );
}
