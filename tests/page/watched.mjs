// A /v1/monitor document of a bad day: what a test or a picture shows does not depend on the day it is made.

/** A dark photo of a leaf, for the alarm of watchedDocument. */
export function darkPhoto(id) {
  const turn = [...id].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 90;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="96" height="96" fill="#1c211c"/>
    <path d="M10 50C30 12 66 12 88 44C66 82 30 84 10 50Z" fill="#2d4a2a" transform="rotate(${turn - 45} 48 48)"/></svg>`;
}

const kNow = Date.UTC(2026, 5, 12, 9, 30);

// Answers slow down for a while two minutes ago.
function recent() {
  return Array.from({ length: 30 }, (_, i) => {
    const slow = i >= 15 && i < 21;
    const quiet = i < 2;
    return {
      seconds_ago: 290 - 10 * i,
      answered: quiet ? 0 : 38 + ((7 * i) % 9),
      failed: slow ? 4 : 0,
      p50: quiet ? null : (slow ? 61.2 : 18.4) + (i % 4),
      p95: quiet ? null : (slow ? 212.7 : 41.3) + 2 * (i % 5),
    };
  });
}

const times = (count, p50, p95, p99, max) => ({ count, p50, p90: p95, p95, p99, "p99.9": max, max });
const finding = (kind, p_value, message = "as in training", facts = null) => ({ kind, alarm: facts !== null, p_value, statistic: 0.1, photos: 240, message, facts });
const facts = (of, here, there, { against = "training", label = null, count = 240 } = {}) => ({ of, against, direction: here > there ? "more" : "less", label, here, there, count });

const kDarker = "photos are darker than in training: brightness 0.31, there 0.52 (last 240 photos)";
const kDarkerFacts = facts("input.brightness", 0.31, 0.52);
const kSlow = (ms) => facts("latency.p95", ms, 200, { against: "limit", count: 1177 });

/** For the model "name/version". */
export function watchedDocument(model) {
  return {
    model,
    latency_ms: times(1177, 19.26, 61.4, 214.94, 388.1),
    p95_limit_ms: 200,
    stages_ms: {
      queue: times(1177, 0.04, 21.5, 170.2, 301.7),
      decode: times(1177, 4.31, 6.02, 7.9, 12.4),
      preprocess: times(1177, 1.87, 2.4, 3.1, 5.5),
      inference: times(1177, 12.66, 17.9, 22.3, 68.5),
    },
    requests: { answered: 18204, bad_request: 17, full: 24, late: 3, cancelled: 5, failed: 1 },
    requests_per_s: 4.13,
    recent: recent(),
    photos: 18204,
    tasks: [
      {
        task: "",
        estimated_accuracy: 0.874,
        classes: [
          { index: 0, label: "cercospora", photos: 2913, share: 0.16, expected: 0.24 },
          { index: 1, label: "healthy", photos: 5097, share: 0.28, expected: 0.23 },
          { index: 2, label: "leaf_miner", photos: 1820, share: 0.1, expected: 0.19 },
          { index: 3, label: "phoma", photos: 910, share: 0.05, expected: 0.17 },
          { index: 4, label: "rust", photos: 7464, share: 0.41, expected: null },
        ],
      },
    ],
    drift_watched: true,
    drift_unwatched_why: null,
    drift_unwatched_code: null,
    drift: [
      finding("input.brightness", 0.00002, kDarker, kDarkerFacts),
      finding("input.contrast", 0.204),
      finding("input.red_green", 0.755),
      finding("input.yellow_blue", 0.431),
      finding("input.colour", 0.62),
      finding("input.sharpness", 0.18),
      finding("input.size", 1),
      finding("input.aspect", 1),
      finding("input.together", null),
      finding("features", 0.098),
      finding("features.distance", 0.334),
      finding("predictions.classes", 0.0021, "rust is predicted more often than in training: 41 %, there 17 % (last 240 photos)", facts("predictions.classes", 0.41, 0.17, { label: "rust" })),
      finding("predictions.confidence", 0.277),
      finding("last_week.input.brightness", 0.0004, "photos are darker than last week: brightness 0.31, there 0.47 (240 photos of the day)", facts("input.brightness", 0.31, 0.47, { against: "last_week" })),
    ],
    alarms: [{ kind: "drift.input.brightness", model, since_ms: kNow - 40 * 60_000, value: 1, message: kDarker, facts: kDarkerFacts }],
    events: [
      { raised: true, kind: "latency.p95", time_ms: kNow - 95 * 60_000, message: "95 of 100 requests of the last 5 minutes took up to 231 ms, beyond the limit of 200 ms", facts: kSlow(231.4) },
      { raised: false, kind: "latency.p95", time_ms: kNow - 90 * 60_000, message: "95 of 100 requests of the last 5 minutes took up to 64 ms; the limit is 200 ms", facts: kSlow(64) },
      { raised: true, kind: "drift.input.brightness", time_ms: kNow - 40 * 60_000, message: kDarker, facts: kDarkerFacts },
    ],
    measured: { days: 7, since_ms: kNow - 7 * 86_400_000, tasks: [{ task: "", n: 120, right: 98, share: 98 / 120, interval: [0.738, 0.876] }] },
    earlier: [
      { against: "last_week", compared: true, why_not: null, photos_now: 240, photos_then: 1702, message: "compared with last week" },
      {
        against: "last_year",
        compared: false,
        why_not: "few_then",
        photos_now: 240,
        photos_then: 12,
        message: "not enough to compare with the same season of last year: 12 photos in the same season of last year, of the 30 that it takes",
      },
    ],
    silences: [],
    store: { writing: false, error: "the store: no space left on device", error_code: "io", committed: 18190, dropped: 14, queued: 2, bytes: 7_340_032 },
  };
}
