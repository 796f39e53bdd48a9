// The service as this page calls it: /v1/models and /v1/classify (see /openapi.json).

export interface Score {
  index: number;
  label: string | null;
  score: number; // from 0 to 1
}

export interface Problem {
  code: string;
  message: string;
  remedy?: string;
}

/** What the service says of one photo. */
export interface Answer {
  labels?: Score[]; // of a model with one task
  tasks?: { task: string; top: Score[] }[]; // of one with several
  timing_ms?: { queue: number; decode: number; preprocess: number; inference: number };
  error?: Problem;
}

export interface ModelCard {
  name: string;
  version: string;
  arch: string;
  input: { height: number; width: number; fit: "crop" | "squash" | "pad" };
  tasks: { task: string; classes: number; labels: string[] | null; calibrated: boolean }[];
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
}

const kTokenKey = "frond.token";

/** Kept until the tab is closed, and nowhere else. */
export function setToken(token: string): void {
  sessionStorage.setItem(kTokenKey, token);
}

async function call(path: string, request: RequestInit = {}): Promise<unknown> {
  const headers = new Headers(request.headers);
  const token = sessionStorage.getItem(kTokenKey);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  let response: Response;
  try {
    response = await fetch(path, { ...request, headers, credentials: "omit" });
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new Refusal(0, { code: "unreachable", message: String(error) });
  }
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    body = null;
  }
  // A photo that cannot be read is a 400 with its answer, which says why.
  if (response.ok || (typeof body === "object" && body !== null && "results" in body)) return body;
  const problem = (body as { error?: Problem } | null)?.error ?? { code: "", message: `HTTP ${response.status}` };
  throw new Refusal(response.status, problem, Number(response.headers.get("Retry-After") ?? 0));
}

export async function loadModels(): Promise<ModelCard[]> {
  return ((await call("/v1/models")) as { models: ModelCard[] }).models;
}

const kMostRetries = 5;

function wait(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** A busy service (503) is asked again when it says, a few times. */
export async function classify(photo: Blob, model: ModelCard, signal: AbortSignal): Promise<Answer> {
  const query = new URLSearchParams({ model: model.name, version: model.version, top: "5" });
  for (let attempt = 0; ; attempt++) {
    try {
      const body = await call(`/v1/classify?${query}`, {
        method: "POST",
        body: photo,
        headers: { "Content-Type": "application/octet-stream" },
        signal,
      });
      const [answer] = (body as { results: Answer[] }).results;
      if (!answer) throw new Refusal(200, { code: "", message: "an answer without a result" });
      return answer;
    } catch (error) {
      const busy = error instanceof Refusal && error.status === 503;
      if (!busy || attempt === kMostRetries) throw error;
      await wait(Math.max(1, error.retryAfterSeconds), signal);
    }
  }
}
