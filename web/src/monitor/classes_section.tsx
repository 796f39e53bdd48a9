// What photos are called now, beside the shares of training.

import { useState } from "preact/hooks";
import type { ModelCard } from "../api";
import { useFormats, useTexts } from "../context";
import { className } from "../texts";
import type { ClassShare, Measured, Monitor } from "./api";
import { Figure } from "./figure";

const kShownAtOnce = 12;

/** In the model's order, the most frequent ones where there are many. */
function chosen(classes: readonly ClassShare[], all: boolean): ClassShare[] {
  if (all || classes.length <= kShownAtOnce) return [...classes];
  const weight = (one: ClassShare) => Math.max(one.share, one.expected ?? 0);
  return [...classes].sort((a, b) => weight(b) - weight(a)).slice(0, kShownAtOnce);
}

function Share({ one }: { one: ClassShare }) {
  const texts = useTexts();
  const { percent, number } = useFormats();
  const width = (share: number) => `${(100 * share).toFixed(1)}%`;
  return (
    <li>
      <span class="bar-label">{className(one, texts)}</span>
      <span class="bar-percent">{texts.watch.share(percent(one.share), number(one.photos))}</span>
      <span class="bar mix" aria-hidden="true">
        <span class="bar-fill" style={{ width: width(one.share) }} />
        {one.expected !== null && <span class="mark" style={{ left: width(one.expected) }} />}
      </span>
      {one.expected !== null && <span class="hint">{texts.watch.inTraining(percent(one.expected))}</span>}
    </li>
  );
}

/** By feedback, where the service keeps any. */
function MeasuredFigure({ measured, task }: { measured: Measured; task: string }) {
  const { watch } = useTexts();
  const { percent, number } = useFormats();
  const found = measured.tasks.find((one) => one.task === task);
  const value = found
    ? watch.measuredShare(percent(found.share), percent(found.interval[0]), percent(found.interval[1]), number(found.n))
    : watch.none;
  return <Figure name={watch.measured} value={value} />;
}

interface MixProps {
  task: Monitor["tasks"][number];
  calibrated: boolean;
  measured: Measured | null;
}

function TaskMix({ task, calibrated, measured }: MixProps) {
  const { watch, notCalibrated } = useTexts();
  const { percent } = useFormats();
  const [all, setAll] = useState(false);
  const shown = chosen(task.classes, all);
  return (
    <section>
      {task.task && <h3>{task.task}</h3>}
      {(calibrated || measured) && (
        <dl class="figures">
          {calibrated && <Figure name={watch.accuracy} value={percent(task.estimated_accuracy)} />}
          {measured && <MeasuredFigure measured={measured} task={task.task} />}
        </dl>
      )}
      {!calibrated && <p class="hint">{notCalibrated}</p>}
      <ul class="bars">
        {shown.map((one) => (
          <Share key={one.index} one={one} />
        ))}
      </ul>
      {shown.length < task.classes.length && (
        <button type="button" onClick={() => setAll(true)}>
          {watch.allClasses}
        </button>
      )}
    </section>
  );
}

export function ClassesSection({ model, monitor }: { model: ModelCard; monitor: Monitor }) {
  const { watch } = useTexts();
  const { number } = useFormats();
  return (
    <section class="panel">
      <h2>{watch.classMix}</h2>
      <p class="hint">{watch.photosSeen(number(monitor.photos))}</p>
      {monitor.tasks.map((task) => (
        <TaskMix
          key={task.task}
          task={task}
          calibrated={model.tasks.some((one) => one.task === task.task && one.calibrated)}
          measured={monitor.measured}
        />
      ))}
      {monitor.tasks.length > 0 && (
        <p class="hint">
          {watch.mixKey} {watch.accuracyHelp} {monitor.measured && watch.measuredHelp(monitor.measured.days)}
        </p>
      )}
    </section>
  );
}
