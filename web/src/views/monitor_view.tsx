// How the service fares, for whoever runs it.

import { useEffect, useState } from "preact/hooks";
import type { ModelCard } from "../api";
import { useFormats, useTexts } from "../context";
import { AlarmsSection } from "../monitor/alarms_section";
import { ClassesSection } from "../monitor/classes_section";
import { DriftSection } from "../monitor/drift_section";
import { LatencySection } from "../monitor/latency_section";
import { EventsSection, StoreSection } from "../monitor/records_section";
import { ThroughputSection } from "../monitor/throughput_section";
import { useMonitor } from "../monitor/use_monitor";
import { refusalText } from "../refusal_text";

interface Props {
  model: ModelCard;
  onModelsAsked: () => void; // the token or the model is no longer right
}

export function MonitorView({ model, onModelsAsked }: Props) {
  const texts = useTexts();
  const { time } = useFormats();
  const { monitor, refusal, ask } = useMonitor(model);
  const [came, setCame] = useState(0);
  useEffect(() => setCame(Date.now()), [monitor]);
  useEffect(() => {
    if (refusal?.status === 401 || refusal?.status === 404) onModelsAsked();
  }, [refusal?.status]);
  return (
    <div class="monitor">
      {refusal && (
        <div role="alert" class="problem">
          <p>
            {refusal.status === 409 ? texts.watch.unwatched : refusalText(refusal, texts)} {monitor && texts.watch.asOf(time(came))}
          </p>
          <button type="button" onClick={ask}>
            {texts.tryAgain}
          </button>
        </div>
      )}
      {!monitor && !refusal && <p>{texts.loading}…</p>}
      {monitor && (
        <>
          <AlarmsSection model={model} monitor={monitor} onChange={ask} />
          <div class="column">
            <LatencySection monitor={monitor} />
            <ThroughputSection monitor={monitor} />
            <ClassesSection model={model} monitor={monitor} />
          </div>
          <div class="column">
            <DriftSection monitor={monitor} />
            <EventsSection events={monitor.events} />
            <StoreSection store={monitor.store} />
          </div>
        </>
      )}
    </div>
  );
}
