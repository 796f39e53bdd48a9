// What the service says of one photo, as a card.

import type { ComponentChildren } from "preact";
import type { Answer, ModelCard, Score } from "./api";
import { useFormats, useTexts } from "./context";
import { usePictureUrl } from "./picture_url";
import { problemText } from "./refusal_text";
import { className } from "./texts";

// Certainty in words; the percentages stand beside them.
const kCertain = 0.85;
const kLikely = 0.55;

function Bars({ scores }: { scores: Score[] }) {
  const texts = useTexts();
  const { percent } = useFormats();
  return (
    <ol class="bars">
      {scores.map((score) => (
        <li key={score.index}>
          <span class="bar-label">{className(score, texts)}</span>
          <span class="bar-percent">{percent(score.score)}</span>
          <span class="bar" aria-hidden="true">
            <span class="bar-fill" style={{ width: `${(100 * score.score).toFixed(1)}%` }} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function Certainty({ share }: { share: number }) {
  const texts = useTexts();
  const level = share >= kCertain ? "certain" : share >= kLikely ? "likely" : "unsure";
  return (
    <>
      <p class={`verdict ${level}`}>{texts[level]}</p>
      {level === "unsure" && <p class="advice">{texts.unsureAdvice}</p>}
    </>
  );
}

function Timing({ answer, totalMs }: { answer: Answer; totalMs: number }) {
  const texts = useTexts();
  const { number } = useFormats();
  const stages = answer.timing_ms;
  return (
    <details class="timing">
      <summary>{texts.answeredIn(number(totalMs))}</summary>
      {stages && (
        <p>
          {texts.timing({
            queue: number(stages.queue, 1),
            decode: number(stages.decode, 1),
            preprocess: number(stages.preprocess, 1),
            inference: number(stages.inference, 1),
          })}
        </p>
      )}
    </details>
  );
}

export interface AnswerCardProps {
  name: string;
  note: string; // beside the name: the model, the time
  picture: Blob | null;
  answer: Answer | null; // null: not yet
  totalMs: number;
  /** Whose scores are odds; words are said of no others. */
  model?: ModelCard;
  error?: string;
  children?: ComponentChildren; // buttons
}

export function AnswerCard({ name, note, picture, answer, totalMs, model, error, children }: AnswerCardProps) {
  const texts = useTexts();
  const url = usePictureUrl(picture);
  const problem = error ?? (answer?.error ? texts.cannotRead(problemText(answer.error, texts)) : null);
  const tasks = answer?.tasks ?? (answer?.labels ? [{ task: "", top: answer.labels }] : []);
  return (
    <li class="card">
      {url ? <img src={url} alt={texts.photoAlt(name)} /> : <div class="no-picture" aria-hidden="true" />}
      <div class="card-body">
        <p class="file">{note ? `${name} · ${note}` : name}</p>
        {problem ? (
          <p class="problem">{problem}</p>
        ) : answer ? (
          <>
            {tasks.map(({ task, top }) => (
              <section key={task}>
                {task && <p class="task">{task}</p>}
                {top[0] && <h2>{className(top[0], texts)}</h2>}
                {top[0] && model?.tasks.find((one) => one.task === task)?.calibrated && <Certainty share={top[0].score} />}
                <Bars scores={top} />
              </section>
            ))}
            <Timing answer={answer} totalMs={totalMs} />
          </>
        ) : (
          <p class="waiting">{texts.waiting}…</p>
        )}
        <div class="card-buttons">{children}</div>
      </div>
    </li>
  );
}
