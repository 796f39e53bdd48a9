// The photos that were given, and what came of each. Lives as long as the page, whatever view is looked at: a network
// that goes, a busy service or a token that is asked for make photos wait, not fail.

import { type Answer, type ModelCard, Refusal, classify } from "./api";
import { remember } from "./history";
import { pictureOf } from "./photos";

/** One photo. Never changed: what changes is replaced. */
export interface Item {
  readonly key: number;
  readonly photo: File;
  readonly model: ModelCard; // that was chosen when the photo was given
  readonly picture: Blob | null;
  readonly answer: Answer | null;
  readonly totalMs: number;
  readonly refusal: Refusal | null; // for good: trying again is the reader's to decide
}

const kAtOnce = 2; // requests; the service computes, the rest waits here
const kFirstPauseMs = 1000;
const kLongestPauseMs = 30_000;

/** Whether asking again later may help by itself. */
function passes({ status }: Refusal): boolean {
  return status === 0 || status === 401 || status === 503 || status === 504;
}

export class PhotoQueue {
  /** Newest first. */
  items: readonly Item[] = [];
  /** Why nothing is asked at present; null while things go on. */
  obstacle: Refusal | null = null;

  private readonly listeners = new Set<() => void>();
  private waiting: number[] = []; // keys
  private running = 0;
  private nextKey = 0;
  private pauseMs = kFirstPauseMs;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pictures: Promise<unknown> = Promise.resolve();

  constructor() {
    window.addEventListener("online", () => this.resume());
  }

  /** Called at each change, until what it returns is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get pending(): number {
    return this.waiting.length + this.running;
  }

  add(photos: readonly File[], model: ModelCard): void {
    if (photos.length === 0) return;
    const added = photos.map((photo) => {
      return { key: this.nextKey++, photo, model, picture: null, answer: null, totalMs: 0, refusal: null };
    });
    this.items = [...added.slice().reverse(), ...this.items];
    this.waiting.push(...added.map(({ key }) => key));
    this.changed();
    this.goOn();
  }

  retry(key: number): void {
    this.change(key, { refusal: null, answer: null });
    this.waiting.push(key);
    this.resume();
  }

  /** Those that are done; what waits stays. */
  clear(): void {
    this.items = this.items.filter(({ answer, refusal }) => !answer && !refusal);
    this.changed();
  }

  /** Asks again now. */
  resume(): void {
    clearTimeout(this.timer);
    this.obstacle = null;
    this.changed();
    this.goOn();
  }

  private goOn(): void {
    while (!this.obstacle && this.running < kAtOnce) {
      const key = this.waiting.shift();
      const item = this.items.find((one) => one.key === key);
      if (key === undefined) return;
      if (!item) continue;
      this.running++;
      void this.answer(item).finally(() => {
        this.running--;
        this.changed();
        this.goOn();
      });
    }
  }

  private async answer({ key, photo, model, picture: drawn }: Item): Promise<void> {
    const begin = performance.now();
    const asked = classify(photo, model);
    // One after the other, behind the request: a large photo takes a tablet's memory while it is drawn.
    const picture = drawn ? Promise.resolve(drawn) : (this.pictures = this.pictures.then(() => pictureOf(photo))) as Promise<Blob | null>;
    void picture.then((blob) => this.change(key, { picture: blob }));
    try {
      const answer = await asked;
      const totalMs = performance.now() - begin;
      this.pauseMs = kFirstPauseMs;
      this.change(key, { answer, totalMs });
      if (answer.error) return;
      const entry = { time: Date.now(), file: photo.name, model: model.name, version: model.version, answer, totalMs };
      void picture.then((blob) => remember({ ...entry, picture: blob }));
    } catch (error) {
      this.refused(key, Refusal.of(error));
    }
  }

  private refused(key: number, refusal: Refusal): void {
    if (!passes(refusal)) return this.change(key, { refusal });
    this.waiting.unshift(key);
    if (this.obstacle) return;
    this.obstacle = refusal;
    if (refusal.status !== 401) {
      this.timer = setTimeout(() => this.resume(), Math.max(this.pauseMs, 1000 * refusal.retryAfterSeconds));
      this.pauseMs = Math.min(2 * this.pauseMs, kLongestPauseMs);
    }
    this.changed();
  }

  private change(key: number, changes: Partial<Item>): void {
    this.items = this.items.map((one) => (one.key === key ? { ...one, ...changes } : one));
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
