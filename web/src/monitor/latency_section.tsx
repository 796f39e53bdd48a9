// How long answers take: now, over the last minutes, and where the time goes.

import { useFormats, useTexts } from "../context";
import type { Latency, Monitor } from "./api";
import { Chart } from "./chart";
import { Figure } from "./figure";

const kStages = ["queue", "decode", "preprocess", "inference"] as const;

function useMs(): (value: number | null) => string {
  const { watch } = useTexts();
  const { number } = useFormats();
  return (value) => (value === null ? watch.none : watch.ms(number(value, 1)));
}

function LatencyChart({ monitor }: { monitor: Monitor }) {
  const { watch } = useTexts();
  const ms = useMs();
  const limit = monitor.p95_limit_ms;
  const p50 = monitor.recent.map((slice) => slice.p50);
  const p95 = monitor.recent.map((slice) => slice.p95);
  const known = p95.filter((value) => value !== null);
  const withAnswers = monitor.recent.filter((slice) => slice.p95 !== null);
  const latest = withAnswers[withAnswers.length - 1];
  const words = latest
    ? watch.latencyWords(ms(latest.p50), ms(latest.p95), ms(Math.max(...known)), ms(limit))
    : watch.noAnswers;
  return (
    <Chart
      title={watch.latencyChart}
      words={words}
      secondsAgo={monitor.recent.map((slice) => slice.seconds_ago)}
      top={1.2 * limit}
      lines={[
        { name: "p50", values: p50, color: "--bar", dash: [] },
        { name: "p95", values: p95, color: "--amber", dash: [8, 4] },
        { name: watch.limit(ms(limit)), values: p95.map(() => limit), color: "--red", dash: [2, 4], bare: true },
      ]}
    />
  );
}

function StageRow({ name, stage }: { name: string; stage: Latency }) {
  const ms = useMs();
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{ms(stage.p50)}</td>
      <td>{ms(stage.p95)}</td>
      <td>{ms(stage.max)}</td>
    </tr>
  );
}

export function LatencySection({ monitor }: { monitor: Monitor }) {
  const { watch } = useTexts();
  const ms = useMs();
  const { p50, p95, p99 } = monitor.latency_ms;
  return (
    <section class="panel">
      <h2>{watch.latency}</h2>
      <dl class="figures">
        <Figure name={watch.half} value={ms(p50)} />
        <Figure name={watch.most} value={ms(p95)} bad={p95 !== null && p95 > monitor.p95_limit_ms} />
        <Figure name={watch.nearlyAll} value={ms(p99)} />
      </dl>
      <p class="hint">{watch.lastMinutes}</p>
      <LatencyChart monitor={monitor} />
      <table class="stages">
        <thead>
          <tr>
            <th scope="col">{watch.stage}</th>
            <th scope="col">p50</th>
            <th scope="col">p95</th>
            <th scope="col">{watch.longest}</th>
          </tr>
        </thead>
        <tbody>
          {kStages.map((stage) => (
            <StageRow key={stage} name={watch.stages[stage]} stage={monitor.stages_ms[stage]} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
