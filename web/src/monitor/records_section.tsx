// What happened, and whether it is being written down.

import { useFormats, useTexts } from "../context";
import type { Monitor, StoreState } from "./api";
import { Figure } from "./figure";
import { Said, ServiceText } from "./service_text";
import { kindText } from "./texts";

const kShownEvents = 10;

export function EventsSection({ events }: { events: Monitor["events"] }) {
  const { watch, comma } = useTexts();
  const { time } = useFormats();
  const latest = [...events].sort((a, b) => b.time_ms - a.time_ms).slice(0, kShownEvents);
  return (
    <section class="panel">
      <h2>{watch.events}</h2>
      {latest.length === 0 && <p class="hint">{watch.noEvents}</p>}
      <ul class="plain events">
        {latest.map((event) => (
          <li key={`${event.time_ms} ${event.kind} ${event.raised}`}>
            <p>
              <span class={event.raised ? "state differs" : "state usual"}>{event.raised ? watch.raised : watch.cleared}</span>{" "}
              <strong>{kindText(event.kind, watch, comma)}</strong> {time(event.time_ms)}
            </p>
            <Said {...event} />
          </li>
        ))}
      </ul>
    </section>
  );
}

export function StoreSection({ store }: { store: StoreState | null }) {
  const { watch } = useTexts();
  const { number } = useFormats();
  return (
    <section class="panel">
      <h2>{watch.records}</h2>
      {store ? (
        <dl class="pairs">
          <Figure name={watch.writing} value={store.writing ? watch.yes : watch.no} bad={!store.writing} />
          {store.error !== null && (
            <Figure
              name={watch.error}
              value={
                <>
                  {watch.storeErrors[store.error_code as keyof typeof watch.storeErrors]} <ServiceText text={store.error} />
                </>
              }
              bad
            />
          )}
          <Figure name={watch.committed} value={number(store.committed)} />
          <Figure name={watch.queued} value={number(store.queued)} />
          <Figure name={watch.dropped} value={number(store.dropped)} bad={store.dropped > 0} />
          <Figure name={watch.size} value={watch.megabytes(number(store.bytes / 1e6, 1))} />
        </dl>
      ) : (
        <p class="hint">{watch.noRecords}</p>
      )}
    </section>
  );
}
