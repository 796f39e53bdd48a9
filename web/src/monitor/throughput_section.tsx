// How many requests come, and how they end.

import { useFormats, useTexts } from "../context";
import type { Monitor } from "./api";
import { Chart } from "./chart";
import { Figure } from "./figure";

const kOutcomes = ["answered", "bad_request", "full", "late", "cancelled", "failed"] as const;

export function ThroughputSection({ monitor }: { monitor: Monitor }) {
  const { watch } = useTexts();
  const { number } = useFormats();
  const over = monitor.recent.slice(0, -1); // of the last one's time we know no end
  const seconds = over.length > 1 ? (over[0]?.seconds_ago ?? 0) - (over[1]?.seconds_ago ?? 0) : 1;
  const latest = over[over.length - 1];
  const answered = over.map((slice) => slice.answered / seconds);
  const failed = over.map((slice) => slice.failed / seconds);
  return (
    <section class="panel">
      <h2>{watch.throughput}</h2>
      <dl class="figures">
        <Figure name={watch.perSecond} value={number(monitor.requests_per_s, 1)} />
      </dl>
      <Chart
        title={watch.throughputChart}
        words={watch.throughputWords(number((latest?.answered ?? 0) / seconds, 1), number((latest?.failed ?? 0) / seconds, 1))}
        secondsAgo={over.map((slice) => slice.seconds_ago)}
        top={1}
        lines={[
          { name: watch.answeredLine, values: answered, color: "--bar", dash: [] },
          { name: watch.failedLine, values: failed, color: "--red", dash: [8, 4] },
        ]}
      />
      <p class="hint">{watch.sinceStart}</p>
      <dl class="pairs">
        {kOutcomes.map((outcome) => (
          <Figure
            key={outcome}
            name={watch.outcomes[outcome]}
            value={number(monitor.requests[outcome])}
            bad={outcome === "failed" && monitor.requests.failed > 0}
          />
        ))}
      </dl>
    </section>
  );
}
