import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Language, type Texts, kTexts } from "./texts";

export const LanguageContext = createContext<Language>("en");

/** Whether the service keeps records, so that it can be told what an answer should have been. */
export const RecordsContext = createContext(false);

export function useTexts(): Texts {
  return kTexts[useContext(LanguageContext)];
}

/** Numbers and times as a language writes them. */
export interface Formats {
  percent: (share: number) => string;
  number: (value: number, digits?: number) => string;
  hundredths: (value: number) => string;
  time: (ms: number) => string;
  /** Of a statistical test: small ones matter by their order alone. */
  pValue: (p: number) => string;
}

const made = new Map<Language, Formats>(); // making them takes longer than using them

function formatsOf(language: Language): Formats {
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const two = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const thousandths = new Intl.NumberFormat(language, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  return {
    // Nothing is certain, and what has a chance is not nothing.
    percent: (value) => (value > 0.99 ? `>${share.format(0.99)}` : share.format(value)),
    number: (value, digits = 0) => (digits > 0 ? tenths : whole).format(value),
    hundredths: (value) => two.format(value),
    time: (ms) => moment.format(ms),
    pValue: (p) => (p < 0.001 ? `<${thousandths.format(0.001)}` : thousandths.format(p)),
  };
}

export function useFormats(): Formats {
  const language = useContext(LanguageContext);
  const known = made.get(language) ?? formatsOf(language);
  made.set(language, known);
  return known;
}
