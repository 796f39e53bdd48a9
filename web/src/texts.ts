// All that the page says, in each language. A text that one of them lacks does not compile.

import { kWatchTexts } from "./monitor/texts";
import { keptOnDevice } from "./storage";

const en = {
  language: "English",
  tagline: "What does this photo show?",
  photos: "Photos",
  history: "History",
  model: "Model",
  monitor: "Watch",
  takePhoto: "Take a photo",
  choosePhotos: "Choose photos",
  dropHere: "or drop them here",
  waiting: "Waiting for the answer",
  loading: "One moment",
  certain: "Certain",
  likely: "Likely",
  unsure: "Unsure",
  unsureAdvice: "Take another photo: closer, sharp, the subject filling the frame.",
  answeredIn: (ms: string) => `Answered in ${ms} ms`,
  timing: (stage: { queue: string; decode: string; preprocess: string; inference: string }) =>
    `waited ${stage.queue}, decoded ${stage.decode}, resized ${stage.preprocess}, computed ${stage.inference} ms`,
  classNumber: (index: number) => `Class ${index}`,
  photoAlt: (name: string) => `Photo ${name}`,
  cannotRead: (why: string) => `This photo could not be read: ${why}`,
  problems: {
    bad_format: "it is no JPEG, PNG or WebP file, or is damaged",
    unsupported: "it is a kind of file that the service does not read",
    limit: "it is too large",
  },
  // By an error's code, where the page says it otherwise than the service.
  reasons: {} as Partial<Record<"invalid_argument" | "not_found" | "io" | "bad_format" | "unsupported" | "mismatch" | "limit", string>>,
  tryAgain: "Try again",
  remove: "Remove",
  removeNamed: (name: string) => `Remove ${name}`,
  noHistory: "Nothing yet. What this device is told stays here, on this device.",
  noStorage: "This browser keeps no history for this page; a private window does not.",
  historyKept: "Kept on this device only: answers, and small pictures of the latest 500.",
  showMore: "Show older ones",
  exportCsv: "Save as table (CSV)",
  deleteAll: "Delete all",
  deleteAllSure: "Delete the whole history of this device?",
  architecture: "Architecture",
  version: "Version",
  inputSize: "Input",
  fit: { crop: "the centre is cut out", squash: "the whole photo, squashed", pad: "the whole photo, padded" },
  classes: (count: string) => `Classes (${count})`,
  pixels: (width: number, height: number) => `${width} × ${height} px`,
  calibration: "Certainty",
  calibrated: "Calibrated: of answers said to be 80 % certain, about 80 % are right on photos like those it learned from.",
  notCalibrated: "Not calibrated: take the percentages as an order, not as odds.",
  limits: "What it cannot do",
  limitsText:
    "It knows the classes above and nothing else: a photo of anything else is still given one of them. Light, season and camera unlike its training photos make it less right.",
  noLabels: "Without names",
  tokenWanted: "This service asks for a token",
  tokenHelp: "Whoever runs it gives it to you. It is forgotten when this tab is closed.",
  token: "Token",
  enter: "Enter",
  tokenWrong: "That token was refused.",
  unreachable: "The service does not answer. Is it running, and is this device in its network?",
  busy: "The service is busy.",
  tooLarge: "The photo is larger than the service takes.",
  noModels: "The service has no model that classifies.",
  skipToContent: "Skip to content",
  done: (count: number) => (count === 1 ? "1 photo answered" : `${count} photos answered`),
  failed: (count: number) => (count === 1 ? "1 photo failed" : `${count} photos failed`),
  willAskAgain: (count: number) => (count === 1 ? "1 photo waits, and is sent again by itself." : `${count} photos wait, and are sent again by themselves.`),
  clear: "Clear the list",
  feedbackAsk: "Wrong?",
  feedbackTrue: "It is",
  feedbackChoose: "Choose",
  feedbackSend: "Send",
  feedbackThanks: "Thank you. It is kept with the answer.",
  feedbackUnknown: "The service no longer knows this answer.",
  feedbackNotKept: "The service keeps no records.",
  feedbackNotWritten: (why: string) => `It could not be written: ${why}`,
  watch: kWatchTexts.en,
  comma: ", ",
  colon: ": ",
};

export type Texts = typeof en;

const zh: Texts = {
  language: "简体中文",
  tagline: "这张照片里是什么？",
  photos: "照片",
  history: "历史",
  model: "模型",
  monitor: "监控",
  takePhoto: "拍照",
  choosePhotos: "选择照片",
  dropHere: "或把照片拖到这里",
  waiting: "等待识别",
  loading: "请稍候",
  certain: "很有把握",
  likely: "较有把握",
  unsure: "把握不大",
  unsureAdvice: "请重新拍摄：靠近一些，对焦清晰，让拍摄对象充满画面。",
  answeredIn: (ms) => `用时 ${ms} 毫秒`,
  timing: (stage) =>
    `排队 ${stage.queue}，解码 ${stage.decode}，缩放 ${stage.preprocess}，计算 ${stage.inference} 毫秒`,
  classNumber: (index) => `类别 ${index}`,
  photoAlt: (name) => `照片 ${name}`,
  cannotRead: (why) => `无法读取这张照片：${why}`,
  problems: {
    bad_format: "不是 JPEG、PNG 或 WebP 文件，或文件已损坏",
    unsupported: "服务不支持这种文件",
    limit: "照片过大",
  },
  reasons: {
    invalid_argument: "请求无效",
    not_found: "服务中没有所请求的内容",
    io: "服务无法写入磁盘",
    bad_format: "文件已损坏，或不是应有的格式",
    unsupported: "此服务未启用这项功能",
    mismatch: "内容与模型不符",
    limit: "已达到服务的上限",
  },
  tryAgain: "重试",
  remove: "移除",
  removeNamed: (name) => `移除 ${name}`,
  noHistory: "还没有记录。识别结果只保存在本设备上。",
  noStorage: "此浏览器不为本页保存历史记录（无痕窗口不会保存）。",
  historyKept: "仅保存在本设备上：识别结果，以及最近 500 张的缩略图。",
  showMore: "显示更早的记录",
  exportCsv: "导出表格（CSV）",
  deleteAll: "全部删除",
  deleteAllSure: "删除本设备上的全部历史记录？",
  architecture: "网络结构",
  version: "版本",
  inputSize: "输入",
  fit: { crop: "截取照片中央", squash: "整张照片，拉伸到此尺寸", pad: "整张照片，四周补边" },
  classes: (count) => `类别（${count}）`,
  pixels: (width, height) => `${width} × ${height} 像素`,
  calibration: "把握程度",
  calibrated: "已校准：在与训练照片相似的照片上，标为 80% 把握的答案约有 80% 正确。",
  notCalibrated: "未校准：百分比只表示先后顺序，不代表答案正确的概率。",
  limits: "局限",
  limitsText: "它只认识上面列出的类别：其他事物的照片也会被归入其中之一。光线、季节或相机与训练照片不同时，准确度会下降。",
  noLabels: "类别没有名称",
  tokenWanted: "此服务需要令牌",
  tokenHelp: "请向服务管理员索取。关闭此标签页后令牌即被清除。",
  token: "令牌",
  enter: "确定",
  tokenWrong: "令牌被拒绝。",
  unreachable: "服务没有响应。请检查服务是否在运行，本设备是否与它在同一网络。",
  busy: "服务繁忙。",
  tooLarge: "照片超过了服务允许的大小。",
  noModels: "此服务没有可用于分类的模型。",
  skipToContent: "跳到内容",
  done: (count) => `已识别 ${count} 张照片`,
  failed: (count) => `${count} 张照片失败`,
  willAskAgain: (count) => `${count} 张照片正在等待，将自动重新发送。`,
  clear: "清空列表",
  feedbackAsk: "有误？",
  feedbackTrue: "实际是",
  feedbackChoose: "请选择",
  feedbackSend: "发送",
  feedbackThanks: "谢谢，已与识别结果一同保存。",
  feedbackUnknown: "服务已没有这条识别结果。",
  feedbackNotKept: "此服务不保存记录。",
  feedbackNotWritten: (why) => `无法写入：${why}`,
  watch: kWatchTexts.zh,
  comma: "，",
  colon: "：",
};

/** A class's name as people read it: most are names of folders. */
export function className(score: { label: string | null; index: number }, texts: Texts): string {
  return score.label?.replaceAll("_", " ") ?? texts.classNumber(score.index);
}

export const kTexts = { en, "zh-CN": zh };
export type Language = keyof typeof kTexts;

const kLanguageKey = "frond.language";

/** What was chosen on this device, else the browser's. */
export function firstLanguage(): Language {
  const kept = keptOnDevice.get(kLanguageKey);
  if (kept !== null && kept in kTexts) return kept as Language;
  const wanted = navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag));
  return wanted?.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

export function keepLanguage(language: Language): void {
  keptOnDevice.set(kLanguageKey, language);
}
