// Photos in, answers out.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { AnswerCard } from "../answer_card";
import type { ModelCard } from "../api";
import { useTexts } from "../context";
import { Feedback } from "../feedback";
import type { Item, PhotoQueue } from "../photo_queue";
import { kAccept, photosIn } from "../photos";
import { problemText, refusalText } from "../refusal_text";
import { type Texts, className } from "../texts";

/** What a screen reader is told once no more photos wait. */
function summary(items: readonly Item[], texts: Texts): string {
  const answered = items.filter(({ answer }) => answer && !answer.error);
  const failed = items.filter(({ answer, refusal }) => refusal || answer?.error).length;
  const only = items.length === 1 ? items[0]?.answer : null;
  if (only?.error) return texts.cannotRead(problemText(only.error, texts));
  const best = (only?.labels ?? only?.tasks?.[0]?.top)?.[0];
  return [answered.length > 0 ? texts.done(answered.length) : "", best ? className(best, texts) : "", failed > 0 ? texts.failed(failed) : ""]
    .filter((part) => part !== "")
    .join(texts.comma);
}

interface CardProps {
  item: Item;
  several: boolean; // models
  queue: PhotoQueue;
}

function Card({ item, several, queue }: CardProps) {
  const texts = useTexts();
  // Of hundreds of cards only the one that changed is made again.
  return useMemo(
    () => (
      <AnswerCard
        name={item.photo.name}
        note={several ? `${item.model.name} ${item.model.version}` : ""}
        picture={item.picture}
        answer={item.answer}
        totalMs={item.totalMs}
        model={item.model}
        {...(item.refusal ? { error: refusalText(item.refusal, texts) } : {})}
      >
        <Feedback name={item.photo.name} answer={item.answer} model={item.model} />
        {item.refusal && (
          <button type="button" onClick={() => queue.retry(item.key)}>
            {texts.tryAgain}
          </button>
        )}
      </AnswerCard>
    ),
    [item, several, texts],
  );
}

function Obstacle({ queue }: { queue: PhotoQueue }) {
  const texts = useTexts();
  return (
    <div role="alert" class="problem obstacle">
      {queue.obstacle && queue.obstacle.status !== 401 && (
        <>
          <p>{refusalText(queue.obstacle, texts)} {texts.willAskAgain(queue.pending)}</p>
          <button type="button" onClick={() => queue.resume()}>
            {texts.tryAgain}
          </button>
        </>
      )}
    </div>
  );
}

interface Props {
  model: ModelCard;
  several: boolean; // models to choose from
  queue: PhotoQueue;
}

export function PhotosView({ model, several, queue }: Props) {
  const texts = useTexts();
  const [dropping, setDropping] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const add = (photos: File[]) => queue.add(photos, model);

  useEffect(() => {
    // Anywhere on the page: a photo dropped beside the box would take the page's place.
    const over = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setDropping(false);
      add(photosIn(event.dataTransfer?.files ?? []));
    };
    const paste = (event: ClipboardEvent) => add(photosIn(event.clipboardData?.files ?? []));
    document.addEventListener("dragover", over);
    document.addEventListener("drop", drop);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("drop", drop);
      document.removeEventListener("paste", paste);
    };
  }, [model]);

  const take = (input: HTMLInputElement) => {
    add([...(input.files ?? [])]);
    input.value = ""; // the same file may be given again
  };
  return (
    <>
      <section class={dropping ? "drop dropping" : "drop"} onDragOver={() => setDropping(true)} onDragLeave={() => setDropping(false)}>
        <input ref={camera} type="file" accept={kAccept} capture="environment" hidden onChange={(e) => take(e.currentTarget)} />
        <input ref={chooser} type="file" accept={kAccept} multiple hidden onChange={(e) => take(e.currentTarget)} />
        <button type="button" class="primary touch-only" onClick={() => camera.current?.click()}>
          {texts.takePhoto}
        </button>
        <button type="button" class="primary" onClick={() => chooser.current?.click()}>
          {texts.choosePhotos}
        </button>
        <p class="pointer-only">{texts.dropHere}</p>
      </section>
      <p role="status" class="visually-hidden">
        {queue.pending === 0 ? summary(queue.items, texts) : ""}
      </p>
      <Obstacle queue={queue} />
      <ul class="cards">
        {queue.items.map((item) => (
          <Card key={item.key} item={item} several={several} queue={queue} />
        ))}
      </ul>
      {queue.items.length > queue.pending && (
        <div class="buttons">
          <button type="button" onClick={() => (queue.clear(), chooser.current?.parentElement?.querySelector("button")?.focus())}>
            {texts.clear}
          </button>
        </div>
      )}
    </>
  );
}
