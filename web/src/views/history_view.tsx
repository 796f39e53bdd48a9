// What this device was told before.

import { useEffect, useState } from "preact/hooks";
import { AnswerCard } from "../answer_card";
import type { ModelCard } from "../api";
import { useFormats, useTexts } from "../context";
import { Feedback } from "../feedback";
import { type Entry, forget, forgetAll, historyChanges, recall, toCsv } from "../history";

function save(text: string, name: string): void {
  // Spreadsheets take UTF-8 for what it is only behind a byte order mark.
  const url = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const kShownAtOnce = 60;

interface Props {
  models: ModelCard[] | null; // of the service now; null while unknown
  onGone: () => void;
}

export function HistoryView({ models, onGone }: Props) {
  const texts = useTexts();
  const { time } = useFormats();
  const [entries, setEntries] = useState<Entry[] | null | undefined>(undefined);
  const [shown, setShown] = useState(kShownAtOnce);
  useEffect(() => {
    const load = () => void recall().then(setEntries);
    load();
    historyChanges.addEventListener("change", load);
    return () => historyChanges.removeEventListener("change", load);
  }, []);
  if (entries === undefined) return <p>{texts.loading}…</p>;
  if (entries === null) return <p class="empty">{texts.noStorage}</p>;
  if (entries.length === 0) return <p class="empty">{texts.noHistory}</p>;
  return (
    <>
      <p>{texts.historyKept}</p>
      <div class="buttons">
        <button type="button" onClick={() => save(toCsv(entries), "frond-history.csv")}>
          {texts.exportCsv}
        </button>
        <button type="button" onClick={() => window.confirm(texts.deleteAllSure) && void forgetAll().then(onGone)}>
          {texts.deleteAll}
        </button>
      </div>
      <ul class="cards">
        {entries.slice(0, shown).map((entry) => (
          <AnswerCard
            key={entry.id}
            name={entry.file}
            note={`${time(entry.time)} · ${entry.model} ${entry.version}`}
            picture={entry.picture}
            answer={entry.answer}
            totalMs={entry.totalMs}
          >
            <Feedback
              name={`${entry.file}, ${time(entry.time)}`}
              answer={entry.answer}
              model={models?.find(({ name, version }) => name === entry.model && version === entry.version)}
            />
            <button
              type="button"
              aria-label={texts.removeNamed(`${entry.file}, ${time(entry.time)}`)}
              onClick={() => void forget(entry).then(onGone)}
            >
              {texts.remove}
            </button>
          </AnswerCard>
        ))}
      </ul>
      {entries.length > shown && (
        <div class="buttons">
          <button type="button" onClick={() => setShown(shown + kShownAtOnce)}>
            {texts.showMore}
          </button>
        </div>
      )}
    </>
  );
}
