// What an operator asks of the service: /v1/monitor and /v1/monitor/silences (see /openapi.json).

import { type ModelCard, call, callWith } from "../api";

export interface Latency {
  count: number;
  p50: number | null; // ms, as all of them; null of none
  p95: number | null;
  p99: number | null;
  max: number | null;
}

/** A stretch of the last five minutes; the last one is not over yet. */
export interface Slice {
  seconds_ago: number; // its beginning
  answered: number;
  failed: number;
  p50: number | null;
  p95: number | null;
}

export interface ClassShare {
  index: number;
  label: string | null;
  photos: number;
  share: number;
  expected: number | null; // share in training, where the model says it
}

/** What a message says, in parts. */
export interface Facts {
  of: string; // a kind
  against: string; // "training", "last_week", "last_year"; "limit"
  direction: "more" | "less" | null;
  label: string | null;
  here: number | null;
  there: number | null;
  count: number; // photos, or requests
}

export interface Finding {
  kind: string;
  alarm: boolean;
  p_value: number | null;
  photos: number;
  message: string;
  facts: Facts | null;
}

export interface RaisedAlarm {
  kind: string;
  since_ms: number;
  message: string;
  facts: Facts | null;
  examples?: string[]; // ids of photos that show it, where photos are kept
}

/** How often answers of the last days were right, as feedback says. */
export interface Measured {
  days: number;
  tasks: { task: string; n: number; right: number; share: number; interval: [number, number] }[];
}

/** Whether today's traffic is compared with some of its past. */
export interface Earlier {
  against: "last_week" | "last_year";
  compared: boolean;
  why_not: "no_store" | "unreadable" | "few_then" | "few_now" | null;
  photos_now: number;
  photos_then: number;
  message: string;
}

export interface Silence {
  kind: string; // empty: all
  until_ms: number;
  comment: string;
}

export interface StoreState {
  writing: boolean;
  error: string | null;
  error_code: string | null;
  committed: number;
  dropped: number;
  queued: number;
  bytes: number;
}

export interface Monitor {
  model: string; // "name/version"
  latency_ms: Latency;
  p95_limit_ms: number; // of the alarm
  stages_ms: Record<"queue" | "decode" | "preprocess" | "inference", Latency>;
  requests: Record<"answered" | "bad_request" | "full" | "late" | "cancelled" | "failed", number>;
  requests_per_s: number;
  recent: Slice[]; // oldest first
  photos: number;
  tasks: { task: string; estimated_accuracy: number; classes: ClassShare[] }[];
  drift_watched: boolean;
  drift_unwatched_why: string | null;
  drift_unwatched_code: string | null;
  drift: Finding[];
  alarms: RaisedAlarm[];
  measured: Measured | null;
  earlier: Earlier[];
  events: { raised: boolean; kind: string; time_ms: number; message: string; facts: Facts | null }[];
  silences: Silence[];
  store: StoreState | null;
}

export async function loadMonitor({ name, version }: ModelCard): Promise<Monitor> {
  return (await call(`/v1/monitor?${new URLSearchParams({ model: name, version })}`)) as Monitor;
}

/** False where the service does not say. */
export async function keepsRecords(model: ModelCard): Promise<boolean> {
  try {
    return (await loadMonitor(model)).store !== null;
  } catch {
    return false;
  }
}

/** Of an alarm's kind; no minutes end it. `model` is "name/version", or empty for a silence of all models. */
export async function silence(model: string, kind: string, minutes: number): Promise<void> {
  await callWith("/v1/monitor/silences", { model, kind, minutes });
}
