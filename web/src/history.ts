// What this device was told, kept by its browser (IndexedDB): answers and small pictures, never the photos themselves.

import type { Answer } from "./api";

export interface Entry {
  id?: number; // given by the database
  time: number; // milliseconds since 1970
  file: string;
  model: string;
  version: string;
  picture: Blob | null;
  answer: Answer;
  totalMs: number;
}

const kStore = "answers";
const kMostPictures = 500; // older answers go on without theirs
const kMostAnswers = 20_000;

/** Told of each answer that was remembered. */
export const historyChanges = new EventTarget();

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open("frond", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(kStore, { keyPath: "id", autoIncrement: true });
  const database = await settled(opening);
  const transaction = database.transaction(kStore, mode);
  transaction.oncomplete = transaction.onabort = () => database.close();
  return transaction.objectStore(kStore);
}

/** Where the browser keeps nothing (a private window) it is forgotten; recall() then says so. */
export async function remember(entry: Entry): Promise<void> {
  try {
    const answers = await store("readwrite");
    answers.add(entry);
    const keys = await settled(answers.getAllKeys());
    for (const key of keys.slice(0, Math.max(0, keys.length - kMostAnswers))) answers.delete(key);
    const bare = keys[keys.length - 1 - kMostPictures];
    if (bare !== undefined) {
      const old = await settled<Entry | undefined>(answers.get(bare));
      if (old) answers.put({ ...old, picture: null });
    }
    historyChanges.dispatchEvent(new Event("change"));
  } catch {
    // nothing is kept
  }
}

/** Newest first; null where the browser keeps nothing. */
export async function recall(): Promise<Entry[] | null> {
  try {
    return (await settled<Entry[]>((await store("readonly")).getAll())).reverse();
  } catch {
    return null;
  }
}

async function change(how: (answers: IDBObjectStore) => IDBRequest<undefined>): Promise<void> {
  try {
    await settled(how(await store("readwrite")));
  } catch {
    // what could not be removed is still shown
  }
  historyChanges.dispatchEvent(new Event("change"));
}

export function forget({ id }: Entry): Promise<void> {
  return id === undefined ? Promise.resolve() : change((answers) => answers.delete(id));
}

export function forgetAll(): Promise<void> {
  return change((answers) => answers.clear());
}

// A spreadsheet takes a cell that begins so for a formula.
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** A table of the first answers, as spreadsheets read it; times are UTC. */
export function toCsv(entries: readonly Entry[]): string {
  const rows = entries.flatMap((entry) => {
    const tops = entry.answer.tasks ?? [{ task: "", top: entry.answer.labels ?? [] }];
    return tops.map(({ task, top }) => {
      const best = top[0];
      const label = best ? (best.label ?? String(best.index)) : "";
      const score = best ? best.score.toFixed(4) : "";
      const fields = [new Date(entry.time).toISOString(), entry.file, entry.model, entry.version, task, label, score];
      return fields.map(cell).join(",");
    });
  });
  return ["time,file,model,version,task,label,score", ...rows].join("\r\n") + "\r\n";
}
