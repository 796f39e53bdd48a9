// Alarms that are raised, and what is to be kept quiet.

import { useState } from "preact/hooks";
import { type ModelCard, Refusal } from "../api";
import { useFormats, useTexts } from "../context";
import { refusalText } from "../refusal_text";
import { type Monitor, type RaisedAlarm, type Silence, loadMonitor, silence } from "./api";
import { Examples } from "./examples";
import { Said } from "./service_text";
import { kindText } from "./texts";

const kMinutes = { silenceHour: 60, silenceDay: 24 * 60 } as const;

function coveredUntil(kind: string, silences: readonly Silence[]): number {
  return Math.max(0, ...silences.filter((one) => one.kind === "" || one.kind === kind).map((one) => one.until_ms));
}

/** The document does not say whether a silence is this model's or every model's: ends one, then the other. */
async function endSilence(model: ModelCard, { kind }: Silence): Promise<void> {
  await silence(`${model.name}/${model.version}`, kind, 0);
  const { silences } = await loadMonitor(model);
  if (silences.some((one) => one.kind === kind)) await silence("", kind, 0);
}

interface AlarmProps {
  alarm: RaisedAlarm;
  until: number; // of its silence; 0: none
  onSilence: (minutes: number) => void;
}

function AlarmItem({ alarm, until, onSilence }: AlarmProps) {
  const { watch, comma } = useTexts();
  const { time } = useFormats();
  const kind = kindText(alarm.kind, watch, comma);
  return (
    <li>
      <p>
        <strong class="state differs">{kind}</strong> {watch.since(time(alarm.since_ms))}
        {until > 0 && ` · ${watch.silencedUntil(time(until))}`}
      </p>
      <p>
        <Said {...alarm} />
      </p>
      <Examples ids={alarm.examples ?? []} />
      {until === 0 && (
        <div class="buttons">
          {(["silenceHour", "silenceDay"] as const).map((what) => (
            <button key={what} type="button" aria-label={watch.silenceNamed(watch[what], kind)} onClick={() => onSilence(kMinutes[what])}>
              {watch[what]}
            </button>
          ))}
        </div>
      )}
    </li>
  );
}

function SilenceItem({ one, onEnd }: { one: Silence; onEnd: () => void }) {
  const { watch, comma } = useTexts();
  const { time } = useFormats();
  const kind = kindText(one.kind, watch, comma);
  return (
    <li>
      <p>
        {[kind, watch.silencedUntil(time(one.until_ms))].join(comma)}
        {one.comment && ` · ${one.comment}`}
      </p>
      <div class="buttons">
        <button type="button" aria-label={watch.silenceNamed(watch.endSilence, kind)} onClick={onEnd}>
          {watch.endSilence}
        </button>
      </div>
    </li>
  );
}

interface Props {
  model: ModelCard;
  monitor: Monitor;
  onChange: () => void;
}

export function AlarmsSection({ model, monitor, onChange }: Props) {
  const texts = useTexts();
  const { number } = useFormats();
  const { watch } = texts;
  const { alarms, silences } = monitor;
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const change = (changing: Promise<void>) => {
    changing.then(
      () => setRefusal(null),
      (error: unknown) => setRefusal(Refusal.of(error)),
    ).then(onChange);
  };
  return (
    <section class="panel">
      <h2>{watch.alarms}</h2>
      <p role="status" class={alarms.length > 0 ? "state differs" : "state usual"}>
        {alarms.length > 0 ? watch.alarmCount(number(alarms.length)) : watch.noAlarms}
      </p>
      {refusal && (
        <p role="alert" class="problem">
          {refusalText(refusal, texts)}
        </p>
      )}
      <ul class="plain alarms">
        {alarms.map((alarm) => (
          <AlarmItem
            key={alarm.kind}
            alarm={alarm}
            until={coveredUntil(alarm.kind, silences)}
            onSilence={(minutes) => change(silence(monitor.model, alarm.kind, minutes))}
          />
        ))}
      </ul>
      {silences.length > 0 && <h3>{watch.silences}</h3>}
      <ul class="plain silences">
        {silences.map((one) => (
          <SilenceItem key={`${one.kind} ${one.until_ms}`} one={one} onEnd={() => change(endSilence(model, one))} />
        ))}
      </ul>
    </section>
  );
}
