// What this device was told before.

import { useEffect, useState } from "preact/hooks";
import { AnswerCard } from "../answer_card";
import { useFormats, useTexts } from "../context";
import { type Entry, forget, forgetAll, recall, toCsv } from "../history";

function save(text: string, name: string): void {
  // Spreadsheets take UTF-8 for what it is only behind a byte order mark.
  const url = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function HistoryView() {
  const texts = useTexts();
  const { time } = useFormats();
  const [entries, setEntries] = useState<Entry[] | null>(null);
  const load = () => recall().then(setEntries);
  useEffect(() => {
    void load();
  }, []);
  if (!entries) return <p>{texts.loading}…</p>;
  if (entries.length === 0) return <p class="empty">{texts.noHistory}</p>;
  return (
    <>
      <p>{texts.historyKept}</p>
      <div class="buttons">
        <button type="button" onClick={() => save(toCsv(entries), "frond-history.csv")}>
          {texts.exportCsv}
        </button>
        <button type="button" onClick={() => window.confirm(texts.deleteAllSure) && void forgetAll().then(load)}>
          {texts.deleteAll}
        </button>
      </div>
      <ul class="cards">
        {entries.map((entry) => (
          <AnswerCard
            key={entry.id}
            name={entry.file}
            picture={entry.picture}
            answer={entry.answer}
            totalMs={entry.totalMs}
            note={`${time(entry.time)} · ${entry.model} ${entry.version}`}
          >
            <button type="button" aria-label={texts.removeNamed(entry.file)} onClick={() => void forget(entry).then(load)}>
              {texts.remove}
            </button>
          </AnswerCard>
        ))}
      </ul>
    </>
  );
}
