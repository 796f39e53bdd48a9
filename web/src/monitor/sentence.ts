// What the service says of drift and alarms, in the reader's language: English as it is served, other languages made of the
// parts that it gives with it.

import type { Formats } from "../context";
import type { Earlier, Facts } from "./api";

type Words = [more: string, less: string, what: string];

const kZhInputs: Record<string, Words> = {
  "input.brightness": ["更亮", "更暗", "亮度"],
  "input.contrast": ["对比度更高", "对比度更低", "对比度"],
  "input.red_green": ["更偏红", "更偏绿", "红绿色调"],
  "input.yellow_blue": ["更偏黄", "更偏蓝", "黄蓝色调"],
  "input.colour": ["更鲜艳", "更平淡", "色彩鲜艳度"],
  "input.sharpness": ["更清晰", "更模糊", "清晰度"],
  "input.size": ["更大", "更小", "百万像素"],
  "input.aspect": ["更宽", "更窄", "宽高比"],
};
const kZhTimes: Record<string, string> = { training: "训练时", last_week: "上周", last_year: "去年同季" };

/** "drift.last_week.input.size": the kind "input.size", against last week. */
export function partsOf(kind: string): { what: string; against: string } {
  const [, against, what] = /^(?:drift\.)?(?:(last_week|last_year)\.)?(.*)$/.exec(kind) ?? [];
  return { what: what ?? kind, against: against ?? "training" };
}

function zhFacts(kind: string, facts: Facts, { percent, number, hundredths }: Formats): string | null {
  const { what } = partsOf(kind);
  const more = facts.direction === "more";
  const here = facts.here ?? Number.NaN;
  const there = facts.there ?? Number.NaN;
  if (what === "latency.p95") {
    return `最近 5 分钟，95% 的请求在 ${number(here, 1)} 毫秒内完成，${more ? "超出" : "未超出"}上限 ${number(there, 1)} 毫秒`;
  }
  if (what === "errors") return `最近 5 分钟的 ${number(facts.count)} 个请求中，有 ${number(here * facts.count)} 个被拒绝或失败`;
  const then = kZhTimes[facts.against];
  if (!then) return null;
  const photos = `（${facts.against === "training" ? "最近" : "当天"} ${number(facts.count)} 张照片）`;
  const figures = `${hundredths(here)}，${then} ${hundredths(there)}${photos}`;
  const inputs = kZhInputs[facts.of];
  if (what === "input.together") return inputs ? `光线、色彩与清晰度整体上与${then}不同，其中${inputs[2]}差别最大：${figures}` : null;
  if (inputs) return `照片比${then}${more ? inputs[0] : inputs[1]}：${inputs[2]} ${figures}`;
  if (what === "features") return `网络在照片中所见与${then}不同${photos}`;
  if (what === "features.distance") return `在网络看来，照片与${then}的${more ? "更不" : "更"}相像：距离 ${figures}`;
  if (facts.label !== null) {
    const label = facts.label.replaceAll("_", " ");
    return `识别为“${label}”的照片比${then}${more ? "多" : "少"}：${percent(here)}，${then} ${percent(there)}${photos}`;
  }
  if (what.endsWith("confidence")) return `模型比${then}${more ? "更有把握" : "更没有把握"}：把握程度 ${figures}`;
  return null;
}

interface Said {
  kind: string;
  message: string;
  facts: Facts | null;
}

/** Of a finding, an alarm or an event, in Chinese; null where it says something that this page does not know. */
export function zhSentence({ kind, message, facts }: Said, formats: Formats): string | null {
  if (facts) return zhFacts(kind, facts, formats);
  const then = kZhTimes[partsOf(kind).against] ?? "";
  if (message === "not watched any more") return "不再比较";
  if (message === "too few photos yet") return "照片还太少";
  return message.startsWith("as ") ? `与${then}一致` : null;
}

const kLeast = 30; // photos that it takes, on either side

export function zhNotCompared({ against, why_not, photos_now, photos_then }: Earlier, { number }: Formats): string {
  const then = kZhTimes[against];
  const few = (when: string, photos: number) => `${when}只有 ${number(photos)} 张照片，至少需要 ${kLeast} 张`;
  const why = {
    no_store: "没有保存记录（启动时加上 --store FILE 即可保存）",
    unreadable: "无法读取记录",
    few_then: few(against === "last_week" ? "此前一周" : then ?? "", photos_then),
    few_now: few("今天", photos_now),
  };
  return `尚不足以与${then}比较：${why[why_not ?? "unreadable"]}`;
}
