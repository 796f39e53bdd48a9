import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Language, type Texts, kTexts } from "./texts";

export const LanguageContext = createContext<Language>("en");

export function useTexts(): Texts {
  return kTexts[useContext(LanguageContext)];
}

/** Numbers and times as the chosen language writes them. */
export function useFormats() {
  const language = useContext(LanguageContext);
  return {
    percent: (share: number) => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share),
    number: (value: number, digits = 0) => new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value),
    time: (ms: number) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(ms),
  };
}
