// Whether photos are as they were in training, and as in earlier weeks.

import { useFormats, useTexts } from "../context";
import type { Finding, Monitor } from "./api";
import { NotCompared, Said, ServiceText } from "./service_text";
import { kindText } from "./texts";

function Row({ finding }: { finding: Finding }) {
  const { watch, comma } = useTexts();
  const { number, pValue } = useFormats();
  return (
    <tr class={finding.alarm ? "differs" : ""}>
      <th scope="row">
        <span class="kind">{kindText(finding.kind, watch, comma)}</span>
        {finding.photos > 0 && (
          <span class={finding.alarm ? "state differs" : "state usual"}>{finding.alarm ? watch.differs : watch.usual}</span>
        )}
        {(finding.alarm || finding.photos === 0) && <Said {...finding} />}
      </th>
      <td>{finding.p_value === null ? watch.none : pValue(finding.p_value)}</td>
      <td>{number(finding.photos)}</td>
    </tr>
  );
}

export function DriftSection({ monitor }: { monitor: Monitor }) {
  const { watch } = useTexts();
  const findings = [...monitor.drift].sort((a, b) => Number(b.alarm) - Number(a.alarm));
  return (
    <section class="panel">
      <h2>{watch.drift}</h2>
      {!monitor.drift_watched && (
        <p class="hint">
          {watch.notCompared}
          {watch.unwatchedWhy[monitor.drift_unwatched_code as keyof typeof watch.unwatchedWhy] ?? <ServiceText text={monitor.drift_unwatched_why ?? ""} />}
        </p>
      )}
      {findings.length > 0 ? (
        <table class="drift">
          <thead>
            <tr>
              <th scope="col">{watch.driftColumns.what}</th>
              <th scope="col">{watch.driftColumns.p}</th>
              <th scope="col">{watch.driftColumns.photos}</th>
            </tr>
          </thead>
          <tbody>
            {findings.map((finding) => (
              <Row key={finding.kind} finding={finding} />
            ))}
          </tbody>
        </table>
      ) : (
        monitor.drift_watched && <p class="hint">{watch.noFindings}</p>
      )}
      {monitor.earlier.map((earlier) => !earlier.compared && <NotCompared key={earlier.against} earlier={earlier} />)}
    </section>
  );
}
