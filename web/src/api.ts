// The service as this page calls it: /v1/models, /v1/classify and /v1/feedback (see /openapi.json); monitor/api.ts has
// what its operator asks.

import { keptInTab } from "./storage";

export interface Score {
  index: number;
  label: string | null;
  score: number; // from 0 to 1
}

export interface Problem {
  code: string;
  message: string;
}

/** What the service says of one photo. */
export interface Answer {
  id?: string; // for feedback; answers of earlier versions in the history have none
  labels?: Score[]; // of a model with one task
  tasks?: { task: string; top: Score[] }[]; // of one with several
  timing_ms?: { queue: number; decode: number; preprocess: number; inference: number };
  error?: Problem;
}

export interface TaskCard {
  task: string; // empty where it is the only one
  classes: number;
  labels: string[] | null;
  calibrated: boolean;
}

export interface ModelCard {
  name: string;
  version: string;
  arch: string;
  input: { height: number; width: number; fit: "crop" | "squash" | "pad" };
  tasks: TaskCard[];
}

/** A request that the service refused, or that did not reach it (status 0). */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    readonly retryAfterSeconds = 0,
  ) {
    super(problem.message);
  }

  static of(error: unknown): Refusal {
    return error instanceof Refusal ? error : new Refusal(0, { code: "unreachable", message: String(error) });
  }
}

const kTokenKey = "frond.token";

/** Kept until the tab is closed, and nowhere else. False for what can be no token, which is not kept. */
export function setToken(token: string): boolean {
  if (!/^[\x21-\x7e]+$/.test(token)) return false;
  keptInTab.set(kTokenKey, token);
  return true;
}

// The slowest network that an upload is waited for over, and how long for the rest.
const kBytesPerSecond = 16_000;
const kPatienceMs = 30_000;
// A photo's bytes are not known before it comes.
const kMostPhotoBytes = 4_000_000;

interface Came {
  response: Response;
  body: unknown;
}

/** `read` takes the body; null where it cannot. */
async function ask(path: string, request: RequestInit, bytes: number, read: (response: Response) => Promise<unknown>): Promise<Came> {
  const headers = new Headers(request.headers);
  const token = keptInTab.get(kTokenKey);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const tooLong = new AbortController();
  const timer = setTimeout(() => tooLong.abort(), kPatienceMs + (1000 * bytes) / kBytesPerSecond);
  try {
    // With certificates of clients, and what a proxy before the service asks for.
    const response = await fetch(path, { ...request, headers, credentials: "same-origin", signal: tooLong.signal });
    return { response, body: await read(response).catch(() => null) };
  } catch (error) {
    throw Refusal.of(error);
  } finally {
    clearTimeout(timer);
  }
}

export async function call(path: string, request: RequestInit = {}, bytes = 0): Promise<unknown> {
  const { response, body } = await ask(path, request, bytes, (response) => response.json());
  // A photo that cannot be read is a 400 with its answer, which says why.
  if (response.ok || (typeof body === "object" && body !== null && "results" in body)) return body;
  const problem = (body as { error?: Problem } | null)?.error ?? { code: "", message: `HTTP ${response.status}` };
  throw new Refusal(response.status, problem, Number(response.headers.get("Retry-After")) || 0);
}

/** A photo that the service keeps; null where it does not, or not any more. */
export async function loadPhoto(id: string): Promise<Blob | null> {
  const { response, body } = await ask(`/v1/records/${encodeURIComponent(id)}/photo`, {}, kMostPhotoBytes, (response) => response.blob());
  if (!response.ok && response.status !== 404) throw new Error(`photo: ${response.status}`);
  return response.ok ? (body as Blob | null) : null;
}

export function callWith(path: string, body: object): Promise<unknown> {
  return call(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
}

export async function loadModels(): Promise<ModelCard[]> {
  const { models } = (await call("/v1/models")) as { models: ModelCard[] };
  return models.filter((model) => model.tasks.length > 0);
}

export async function classify(photo: Blob, model: ModelCard): Promise<Answer> {
  const query = new URLSearchParams({ model: model.name, version: model.version, top: "5" });
  const request = { method: "POST", body: photo, headers: { "Content-Type": "application/octet-stream" } };
  const body = await call(`/v1/classify?${query}`, request, photo.size);
  const answer = (body as { results?: Answer[] } | null)?.results?.[0];
  if (!answer) throw new Refusal(200, { code: "", message: "an answer without a result" });
  return answer;
}

/** What an answer should have been. Refused with 404 where the service no longer knows the answer. */
export async function sendFeedback(id: string, task: string, label: string): Promise<void> {
  await callWith("/v1/feedback", { id, task, label });
}
