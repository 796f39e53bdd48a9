// Photos in, answers out.

import { useEffect, useRef, useState } from "preact/hooks";
import { type Answer, type ModelCard, Refusal, classify } from "../api";
import { AnswerCard } from "../answer_card";
import { useTexts } from "../context";
import { remember } from "../history";
import { kAccept, photosIn, pictureOf } from "../photos";
import { refusalText } from "../refusal_text";

/** One photo that was given. */
interface Shown {
  key: number;
  photo: File;
  picture: Blob | null;
  answer: Answer | null;
  totalMs: number;
  refusal: Refusal | null;
}

const kAtOnce = 2; // requests; the service computes, the rest waits here

interface Props {
  model: ModelCard;
  onUnauthorized: () => void;
}

export function PhotosView({ model, onUnauthorized }: Props) {
  const texts = useTexts();
  const [shown, setShown] = useState<Shown[]>([]);
  const [dropping, setDropping] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const next = useRef(0);
  const waiting = useRef<Shown[]>([]);
  const running = useRef(0);
  const gone = useRef(new AbortController());
  useEffect(() => () => gone.current.abort(), []);

  const change = (key: number, changes: Partial<Shown>) =>
    setShown((all) => all.map((one) => (one.key === key ? { ...one, ...changes } : one)));

  const answerOne = async ({ key, photo }: Shown) => {
    const picture = await pictureOf(photo);
    change(key, { picture });
    const begin = performance.now();
    try {
      const answer = await classify(photo, model, gone.current.signal);
      const totalMs = performance.now() - begin;
      change(key, { answer, totalMs });
      if (answer.error) return;
      await remember({ time: Date.now(), file: photo.name, model: model.name, version: model.version, picture, answer, totalMs });
    } catch (error) {
      if (gone.current.signal.aborted) return;
      const refusal = error instanceof Refusal ? error : new Refusal(0, { code: "", message: String(error) });
      change(key, { refusal });
      if (refusal.status === 401) onUnauthorized();
    }
  };

  const goOn = () => {
    while (running.current < kAtOnce) {
      const one = waiting.current.shift();
      if (!one) return;
      running.current++;
      void answerOne(one).finally(() => {
        running.current--;
        goOn();
      });
    }
  };

  const add = (photos: File[]) => {
    const added = photos.map((photo) => ({ key: next.current++, photo, picture: null, answer: null, totalMs: 0, refusal: null }));
    setShown((all) => [...added, ...all]);
    waiting.current.push(...added);
    goOn();
  };

  const again = (one: Shown) => {
    change(one.key, { refusal: null, answer: null });
    waiting.current.push(one);
    goOn();
  };

  useEffect(() => {
    const paste = (event: ClipboardEvent) => add(photosIn(event.clipboardData?.files ?? []));
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  });

  const take = (input: HTMLInputElement) => {
    add([...(input.files ?? [])]);
    input.value = ""; // the same file may be given again
  };
  const answered = shown.filter((one) => one.answer && !one.answer.error).length;

  return (
    <>
      <section
        class={dropping ? "drop dropping" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setDropping(true);
        }}
        onDragLeave={() => setDropping(false)}
        onDrop={(event) => {
          event.preventDefault();
          setDropping(false);
          add(photosIn(event.dataTransfer?.files ?? []));
        }}
      >
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
        {answered > 0 ? texts.done(answered) : ""}
      </p>
      <ul class="cards">
        {shown.map((one) => (
          <AnswerCard
            key={one.key}
            name={one.photo.name}
            picture={one.picture}
            answer={one.answer}
            totalMs={one.totalMs}
            {...(one.refusal ? { error: refusalText(one.refusal, texts) } : {})}
          >
            {one.refusal && (
              <button type="button" onClick={() => again(one)}>
                {texts.tryAgain}
              </button>
            )}
          </AnswerCard>
        ))}
      </ul>
    </>
  );
}
