import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Language, type Texts, kTexts } from "./texts";

export const LanguageContext = createContext<Language>("en");

export function useTexts(): Texts {
  return kTexts[useContext(LanguageContext)];
}

/** Numbers and times as a language writes them. */
export interface Formats {
  percent: (share: number) => string;
  number: (value: number, digits?: number) => string;
  time: (ms: number) => string;
}

const made = new Map<Language, Formats>(); // making them takes longer than using them

function formatsOf(language: Language): Formats {
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  return {
    // Nothing is certain, and what has a chance is not nothing.
    percent: (value) => (value > 0.99 ? `>${share.format(0.99)}` : share.format(value)),
    number: (value, digits = 0) => (digits > 0 ? tenths : whole).format(value),
    time: (ms) => moment.format(ms),
  };
}

export function useFormats(): Formats {
  const language = useContext(LanguageContext);
  const known = made.get(language) ?? formatsOf(language);
  made.set(language, known);
  return known;
}
