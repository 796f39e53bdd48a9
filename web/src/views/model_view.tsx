// The model's card: what it is, what it knows, what it cannot do.

import type { ModelCard } from "../api";
import { useFormats, useTexts } from "../context";
import { className } from "../texts";

export function ModelView({ model }: { model: ModelCard }) {
  const texts = useTexts();
  const { number } = useFormats();
  const { height, width, fit } = model.input;
  return (
    <article class="model">
      <h2>{model.name}</h2>
      <dl>
        <dt>{texts.version}</dt>
        <dd>{model.version}</dd>
        <dt>{texts.architecture}</dt>
        <dd>{model.arch}</dd>
        <dt>{texts.inputSize}</dt>
        <dd>{[texts.pixels(width, height), texts.fit[fit]].join(texts.comma)}</dd>
        <dt>{texts.calibration}</dt>
        <dd>{model.tasks.every((task) => task.calibrated) ? texts.calibrated : texts.notCalibrated}</dd>
      </dl>
      {model.tasks.map(({ task, labels, classes }) => (
        <section key={task}>
          <h3>{(task ? [task, texts.classes(number(classes))] : [texts.classes(number(classes))]).join(texts.colon)}</h3>
          {labels ? (
            <ul class="labels">
              {labels.map((label, index) => (
                <li key={index}>{className({ label, index }, texts)}</li>
              ))}
            </ul>
          ) : (
            <p>{texts.noLabels}</p>
          )}
        </section>
      ))}
      <h3>{texts.limits}</h3>
      <p>{texts.limitsText}</p>
    </article>
  );
}
