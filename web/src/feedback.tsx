// "Wrong?" on an answer: what it should have been, for the service's records.

import type { TargetedEvent } from "preact";
import { useContext, useState } from "preact/hooks";
import { type Answer, type ModelCard, Refusal, type TaskCard, sendFeedback } from "./api";
import { RecordsContext, useTexts } from "./context";
import { reasonText, refusalText } from "./refusal_text";
import { type Texts, className } from "./texts";

type Outcome = "none" | "sending" | "stored" | Refusal;

function outcomeText(outcome: Outcome, texts: Texts): string {
  if (outcome === "stored") return texts.feedbackThanks;
  if (!(outcome instanceof Refusal)) return "";
  if (outcome.status === 404) return texts.feedbackUnknown;
  if (outcome.status === 409) return texts.feedbackNotKept;
  // A store that cannot write; one with too much to write is busy.
  if (outcome.status === 503 && outcome.problem.code !== "limit") return texts.feedbackNotWritten(reasonText(outcome.problem, texts));
  return refusalText(outcome, texts);
}

function TaskFeedback({ id, task }: { id: string; task: TaskCard }) {
  const texts = useTexts();
  const [outcome, setOutcome] = useState<Outcome>("none");
  const send = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const label = new FormData(event.currentTarget).get("label");
    if (typeof label !== "string") return;
    setOutcome("sending");
    try {
      await sendFeedback(id, task.task, label);
      setOutcome("stored");
    } catch (error) {
      setOutcome(Refusal.of(error));
    }
  };
  // Of a model without labels the index is the label.
  const labels = task.labels ?? Array.from({ length: task.classes }, () => null);
  return (
    <form onSubmit={(event) => void send(event)}>
      <label>
        {task.task ? [texts.feedbackTrue, task.task].join(texts.colon) : texts.feedbackTrue}{" "}
        <select name="label" required>
          <option value="">{texts.feedbackChoose}</option>
          {labels.map((label, index) => (
            <option key={index} value={label ?? String(index)}>
              {className({ label, index }, texts)}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={outcome === "sending"}>
        {texts.feedbackSend}
      </button>
      <p role="status" class={outcome instanceof Refusal ? "problem" : "thanks"}>
        {outcomeText(outcome, texts)}
      </p>
    </form>
  );
}

interface Props {
  name: string; // of the photo
  answer: Answer | null;
  model: ModelCard | undefined;
}

export function Feedback({ name, answer, model }: Props) {
  const texts = useTexts();
  const kept = useContext(RecordsContext);
  const [open, setOpen] = useState(false);
  const id = answer?.id;
  if (!kept || !model || !id || answer.error) return null;
  return (
    <details class="feedback" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {texts.feedbackAsk}
        <span class="visually-hidden"> {name}</span>
      </summary>
      {/* A model may have a thousand labels, and the list a hundred answers. */}
      {open && model.tasks.map((task) => <TaskFeedback key={task.task} id={id} task={task} />)}
    </details>
  );
}
