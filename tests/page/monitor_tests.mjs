// The operator's view, and feedback on answers: part of page_test.mjs, whose `page` knows how to open one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { darkPhoto, watchedDocument } from "./watched.mjs";

const kMonitor = "**/v1/monitor?*";

/** Shows the document of watched.mjs, with photos beside its alarm, of a model whose certainty is calibrated. */
export async function showWatched(page) {
  const examples = ["5be1", "77a0", "c3d2", "09fe"];
  await page.route(kMonitor, (route) => {
    const json = watchedDocument("leaf/1");
    return route.fulfill({ json: { ...json, alarms: json.alarms.map((alarm) => ({ ...alarm, examples })) } });
  });
  await page.route("**/v1/records/*/photo", (route) => {
    const [, id] = /records\/(.*)\/photo/.exec(route.request().url());
    return route.fulfill({ contentType: "image/svg+xml", body: darkPhoto(id) });
  });
  await page.route("**/v1/models", async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    for (const task of json.models.flatMap(({ tasks }) => tasks)) task.calibrated = true;
    await route.fulfill({ response, json });
  });
}

const figure = (place, name) => place.locator(".figure", { has: place.page().getByText(name, { exact: true }) }).locator("dd").textContent();
const panel = (page, heading) => page.locator(".panel", { has: page.getByRole("heading", { name: heading, exact: true }) });
const one = (value) => String(Math.round(10 * value) / 10);
const percent = (share) => `${Math.round(100 * share)}%`;

export function testMonitor({ frond, serve, open, give, model, photo, scratch }) {
  const openWatch = (t, given = {}) => open(t, { path: "/#monitor", prepare: showWatched, ...given });

  test("the operator's numbers are those of /v1/monitor", async (t) => {
    const page = await openWatch(t);
    const said = watchedDocument("leaf/1");
    const latency = panel(page, "Answer times");
    assert.equal(await figure(latency, "Half within (p50)"), `${one(said.latency_ms.p50)} ms`);
    assert.equal(await figure(latency, "95 % within (p95)"), `${one(said.latency_ms.p95)} ms`);
    assert.equal(await figure(latency, "99 % within (p99)"), `${one(said.latency_ms.p99)} ms`);
    const rows = await latency.locator("tbody tr").evaluateAll((trs) => trs.map((tr) => [...tr.cells].map((cell) => cell.textContent)));
    const names = ["Waiting", "Decoding", "Resizing", "Computing"];
    assert.deepEqual(rows, Object.values(said.stages_ms).map(({ p50, p95, max }, i) => [names[i], ...[p50, p95, max].map((value) => `${one(value)} ms`)]));
    const last = said.recent[29];
    const highest = Math.max(...said.recent.map(({ p95 }) => p95 ?? 0));
    await page.getByRole("img", { name: `Answer times in ms: latest p50 ${one(last.p50)} ms, p95 ${one(last.p95)} ms; highest p95 ${one(highest)} ms; limit 200 ms` }).waitFor();
    await latency.locator("canvas").waitFor();

    const requests = panel(page, "Requests");
    assert.equal(await figure(requests, "Answered per second"), one(said.requests_per_s));
    const outcomes = await requests.locator(".pairs dd").allTextContents();
    assert.deepEqual(outcomes.map((text) => Number(text.replaceAll(",", ""))), Object.values(said.requests));
    // The stretch that is not over yet is left out.
    await page.getByRole("img", { name: `Requests per second: latest answered ${one(said.recent[28].answered / 10)}, refused or failed 0` }).waitFor();

    const mix = panel(page, "What photos are called");
    assert.equal(await figure(mix, "Estimated accuracy"), percent(said.tasks[0].estimated_accuracy));
    assert.equal(await figure(mix, "Measured accuracy"), "82% (74% to 88%; answers: 120)");
    await mix.getByText(/Measured: of answers of the last 7 days with feedback/).waitFor();
    const { classes } = said.tasks[0];
    assert.deepEqual(await mix.locator(".bar-label").allTextContents(), classes.map(({ label }) => label.replaceAll("_", " ")));
    assert.deepEqual(await mix.locator(".bar-percent").allTextContents(), classes.map(({ share, photos }) => `${percent(share)} (${photos.toLocaleString("en-US")})`));
    assert.deepEqual(await mix.locator("li .hint").allTextContents(), classes.filter(({ expected }) => expected !== null).map(({ expected }) => `in training ${percent(expected)}`));

    const findings = panel(page, "Are photos as in training?").locator("tbody tr");
    assert.equal(await findings.count(), said.drift.length);
    const differing = await findings.filter({ hasText: "Differs" }).evaluateAll((trs) => trs.map((tr) => [...tr.querySelectorAll(".kind, .message, td")].map((cell) => cell.textContent)));
    const [brightness, mixed, lastWeek] = said.drift.filter(({ alarm }) => alarm);
    assert.deepEqual(differing, [
      ["Brightness", brightness.message, "<0.001", "240"],
      ["Class mix", mixed.message, "0.002", "240"],
      ["Brightness, against last week", lastWeek.message, "<0.001", "240"],
    ]);
    await findings.filter({ hasText: "Light, colour and sharpness together" }).getByText("–", { exact: true }).waitFor();

    await page.getByText(said.earlier[1].message).waitFor();
    assert.equal(await page.getByText(said.earlier[0].message).count(), 0);

    const records = panel(page, "Records");
    assert.equal((await figure(records, "Error")).trim(), said.store.error);
    assert.equal(await figure(records, "Writing"), "no");
    assert.equal(await figure(records, "Lost"), String(said.store.dropped));
    assert.deepEqual(await panel(page, "Recent events").locator("strong").allTextContents(), ["Photos differ: Brightness", "Answers are slow", "Answers are slow"]);
  });

  test("the service's sentences are Chinese on a Chinese page", async (t) => {
    const page = await openWatch(t, { locale: "zh-CN" });
    const texts = (place) => place.allTextContents();
    await panel(page, "告警").locator(".message").waitFor();
    const darker = "照片比训练时更暗：亮度 0.31，训练时 0.52（最近 240 张照片）";
    assert.deepEqual(await texts(panel(page, "告警").locator(".message")), [darker]);
    const drift = panel(page, "照片与训练时相似吗？");
    assert.deepEqual(await texts(drift.locator("tbody .message")), [
      darker,
      "识别为“rust”的照片比训练时多：41%，训练时 17%（最近 240 张照片）",
      "照片比上周更暗：亮度 0.31，上周 0.47（当天 240 张照片）",
    ]);
    assert.deepEqual(await texts(drift.locator(".hint")), ["尚不足以与去年同季比较：去年同季只有 12 张照片，至少需要 30 张"]);
    assert.deepEqual(await texts(panel(page, "最近事件").locator(".message")), [
      darker,
      "最近 5 分钟，95% 的请求在 64 毫秒内完成，未超出上限 200 毫秒",
      "最近 5 分钟，95% 的请求在 231.4 毫秒内完成，超出上限 200 毫秒",
    ]);
    assert.equal(await figure(panel(page, "识别结果分布"), "实测准确率"), "82%（74% 至 88%；120 个回答）");
    // The system's own words stand behind.
    assert.match(await figure(panel(page, "记录"), "错误"), /^无法写入：.* the store: no space left on device$/);
    assert.deepEqual(await texts(page.locator('.message[lang="en"]')), ["the store: no space left on device"]);
  });

  test("each kind of drift and alarm has a Chinese sentence", async (t) => {
    const figures = { direction: "more", label: null, here: 0.6, there: 0.4, count: 1234 };
    const inputs = ["brightness", "contrast", "red_green", "yellow_blue", "colour", "sharpness", "size", "aspect"].map((name) => `input.${name}`);
    const kinds = [...inputs, "input.together", "features", "features.distance", "predictions.confidence", "predictions.crop.confidence", "predictions.classes", "predictions.crop.classes"];
    const all = ["training", "last_week", "last_year"].flatMap((against) =>
      kinds.flatMap((kind) =>
        ["more", "less"].map((direction) => ({
          kind: `drift.${against === "training" ? "" : `${against}.`}${kind}`,
          facts: { ...figures, direction, against, of: kind === "input.together" ? "input.contrast" : kind, label: kind.endsWith("classes") ? "leaf_rust" : null },
        })),
      ),
    );
    all.push({ kind: "errors", facts: { ...figures, of: "errors", against: "limit", here: 0.06, there: 0.05, count: 50 } });
    const unsaid = [
      { kind: "drift.last_week.features", message: "as last week", zh: "与上周一致" },
      { kind: "drift.features", message: "not watched any more", zh: "不再比较" },
    ].map((one) => ({ ...one, facts: null }));
    const said = [...all.map((one) => ({ ...one, message: "English" })), ...unsaid];
    const page = await open(t, {
      path: "/#monitor",
      locale: "zh-CN",
      prepare: async (page) => {
        await showWatched(page);
        const made = { alarms: said.map((one) => ({ ...one, since_ms: 1e12 })), drift_watched: false, drift_unwatched_why: "English", drift_unwatched_code: "not_found" };
        await page.route(kMonitor, (route) => route.fulfill({ json: { ...watchedDocument("leaf/1"), ...made } }));
      },
    });
    const alarms = panel(page, "告警");
    await alarms.locator(".message").first().waitFor();
    const seen = await alarms.locator(".message").allTextContents();
    assert.equal(await alarms.locator('[lang="en"]').count(), 0);
    await page.getByText("模型文件未说明训练时所见").waitFor();
    assert.equal(seen.length, said.length);
    // What differs together, or to the network, has no direction; of a task is said what is said of all.
    assert.equal(new Set(seen).size, said.length - 3 * (2 + 4));
    assert.ok(seen.every((text) => /^[\p{Script=Han}\p{P}\p{N} %A-Za-z]+$/u.test(text) && !/NaN|undefined|null|English/.test(text)), seen.join("\n"));
    assert.ok(seen.includes("最近 5 分钟的 50 个请求中，有 3 个被拒绝或失败"));
    assert.deepEqual(seen.slice(-2), unsaid.map(({ zh }) => zh));
  });

  test("of a service at work they are its own, too", async (t) => {
    const address = await serve(model);
    const page = await open(t, { address });
    await give(page, photo, photo, photo);
    await page.getByText("3 photos answered").waitFor({ state: "attached" });
    await page.evaluate(() => (location.hash = "monitor"));
    const said = await (await fetch(`${address}/v1/monitor`)).json();
    assert.equal(said.requests.answered, 3);
    await page.getByText("Photos watched: 3").waitFor();
    assert.equal(await figure(panel(page, "Requests"), "Answered"), "3");
    assert.equal(await figure(panel(page, "Answer times"), "95 % within (p95)"), `${one(said.latency_ms.p95)} ms`);
    await panel(page, "Records").getByText(/None are kept/).waitFor();
    await page.getByText("No alarm", { exact: true }).waitFor();
  });

  test("an alarm is silenced, and the silence ended", async (t) => {
    const posted = [];
    const page = await open(t, {
      path: "/#monitor",
      // The alarm is made up; the silences are the service's.
      prepare: (page) =>
        page.route(kMonitor, async (route) => {
          const response = await route.fetch();
          const json = await response.json();
          await route.fulfill({ response, json: { ...json, alarms: watchedDocument(json.model).alarms } });
        }),
    });
    page.on("request", (request) => request.method() === "POST" && posted.push(request.postDataJSON()));
    const alarms = panel(page, "Alarms");
    await alarms.getByText("Alarms: 1").waitFor();
    await alarms.getByText(/^Photos differ: Brightness since Jun 12, 2026/).waitFor();
    const hour = alarms.getByRole("button", { name: "Silence for 1 hour: Photos differ: Brightness" });
    await hour.click();
    await alarms.getByText(/^Photos differ: Brightness since .* · silent until /).waitFor();
    assert.equal(await hour.count(), 0);
    await alarms.getByRole("button", { name: "End silence: Photos differ: Brightness" }).click();
    await alarms.getByRole("button", { name: "Silence for 1 day: Photos differ: Brightness" }).waitFor();
    const { model: watched } = await (await fetch(`${new URL(page.url()).origin}/v1/monitor`)).json();
    assert.deepEqual(posted, [60, 0].map((minutes) => ({ model: watched, kind: "drift.input.brightness", minutes })));
  });

  for (const [locale, alt, gone] of [["en-US", "Photo field.7", "no longer kept"], ["zh-CN", "照片 field.7", "已不再保存"]]) {
    test(`an alarm shows the photos that speak for it, had with the token (${locale})`, async (t) => {
      const token = join(scratch, "photo-token");
      writeFileSync(token, "field-token");
      const address = await serve(model, "--store", join(scratch, `photos-${locale}.db`), "--store-photos", "--token-file", token);
      const headers = { Authorization: "Bearer field-token", "X-Request-Id": "field.7" };
      assert.equal((await fetch(`${address}/v1/classify`, { method: "POST", body: readFileSync(photo), headers })).status, 200);
      // Behind its answer comes the record, soon.
      for (let i = 0; i < 100 && (await fetch(`${address}/v1/records/field.7/photo`, { headers })).status !== 200; i++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const asked = [];
      const page = await open(t, {
        address,
        locale,
        path: "/#monitor",
        expectComplaints: true, // of the photo that is gone
        prepare: (page) =>
          page.route(kMonitor, async (route) => {
            const response = await route.fetch();
            const json = await response.json();
            const alarms = watchedDocument(json.model).alarms.map((alarm) => ({ ...alarm, examples: ["field.7", "field.8"] }));
            await route.fulfill({ response, json: { ...json, alarms } });
          }),
      });
      page.on("request", (request) => request.url().endsWith("/photo") && asked.push(request));
      await page.locator("input").fill("field-token");
      await page.keyboard.press("Enter");
      const shown = page.getByAltText(alt, { exact: true });
      await shown.waitFor();
      await page.waitForFunction((img) => img.naturalWidth > 0, await shown.elementHandle());
      await page.getByText(gone, { exact: true }).waitFor();
      // Each is asked for once, what is not there (yet) once more, however often the figures are.
      await page.waitForResponse(kMonitor);
      await page.waitForResponse(kMonitor);
      assert.deepEqual(asked.map((request) => new URL(request.url()).pathname), ["7", "8", "8"].map((n) => `/v1/records/field.${n}/photo`));
      for (const request of asked) assert.equal(request.headers().authorization, "Bearer field-token");
    });
  }

  test("an alarm without photos has no place for them", async (t) => {
    const page = await open(t, {
      path: "/#monitor",
      prepare: (page) => page.route(kMonitor, (route) => route.fulfill({ json: watchedDocument("leaf/1") })),
    });
    await panel(page, "Alarms").getByText("Alarms: 1").waitFor();
    assert.equal(await page.getByText("Photos that show it most").count(), 0);
    assert.equal(await page.locator(".examples").count(), 0);
  });

  test("nothing is asked while nobody looks, and what hinders is said", async (t) => {
    const page = await openWatch(t, { expectComplaints: true });
    await page.locator(".panel").first().waitFor();
    const hide = (hidden) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    let asked = 0;
    page.on("request", (request) => (asked += request.url().includes("/v1/monitor")));
    await page.waitForTimeout(2500);
    assert.ok(asked >= 1, "it asks by itself");
    await hide(true);
    await page.waitForTimeout(500); // for one that is under way
    asked = 0;
    await page.waitForTimeout(3000);
    assert.equal(asked, 0);
    await page.route(kMonitor, (route) => route.abort());
    await hide(false);
    await page.getByRole("alert").getByText(/The service does not answer.*The figures below are of/).waitFor();
    assert.equal(await figure(panel(page, "Records"), "Lost"), "14");
    await page.route(kMonitor, (route) => route.fulfill({ status: 409, json: { error: { code: "unsupported", message: "no" } } }));
    await page.getByRole("alert").getByText(/does not watch its models/).waitFor();
    await page.unroute(kMonitor);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  test("a token that is no longer right is asked for in the midst of watching", async (t) => {
    const page = await openWatch(t, { expectComplaints: true });
    await page.locator(".panel").first().waitFor();
    const refuse = (route) => route.fulfill({ status: 401, json: { error: { code: "unauthorized", message: "no" } } });
    await page.route("**/v1/m*", refuse);
    await page.getByLabel("Token").waitFor();
    await page.unroute("**/v1/m*", refuse);
    await page.getByLabel("Token").fill("field-token");
    await page.getByRole("button", { name: "Enter" }).click();
    await page.locator(".panel").first().waitFor();
  });

  test("what an answer should have been is kept, or said why not", async (t) => {
    const store = join(scratch, "records.db");
    const address = await serve(model, "--store", store);
    const page = await open(t, { address, expectComplaints: true });
    await give(page, photo);
    const card = page.locator(".card", { hasText: basename(photo) });
    await card.getByText("Wrong?").click();
    await card.getByLabel("It is").selectOption("leaf_rust");
    const told = page.waitForRequest("**/v1/feedback");
    await card.getByRole("button", { name: "Send" }).click();
    await card.getByRole("status").getByText("Thank you.").waitFor();
    const { id, label, task } = (await told).postDataJSON();
    assert.match(id, /^[0-9a-f]{16}$/);
    assert.deepEqual({ label, task }, { label: "leaf_rust", task: "" });
    const report = JSON.parse(execFileSync(frond, ["report", store, "--json"], { encoding: "utf8" }));
    assert.deepEqual(report.corrections.map(({ label, times }) => ({ label, times })), [{ label: "leaf_rust", times: 1 }]);

    await page.evaluate(() => (location.hash = "monitor"));
    await page.getByText(/^0% \(0% to \d\d%; answers: 1\)$/).waitFor();

    await page.evaluate(() => (location.hash = "history"));
    await card.getByText("Wrong?").click();
    await card.getByLabel("It is").selectOption({ index: 1 });
    const send = card.getByRole("button", { name: "Send" });
    const refusals = [
      [404, "not_found", "The service no longer knows this answer."],
      [409, "unsupported", "The service keeps no records."],
      [503, "limit", "The service is busy."],
      [503, "io", "It could not be written: the disk is full"],
    ];
    for (const [status, code, words] of refusals) {
      await page.route("**/v1/feedback", (route) => route.fulfill({ status, json: { error: { code, message: "the disk is full" } } }));
      await send.click();
      await card.getByRole("status").getByText(words).waitFor();
    }
    await page.getByRole("combobox", { name: /Language/ }).selectOption("zh-CN");
    await card.getByRole("status").getByText("无法写入：服务无法写入磁盘").waitFor();
    await page.getByRole("combobox", { name: /语言|Language/ }).selectOption("en");
    await page.unroute("**/v1/feedback");
    await send.click();
    await card.getByRole("status").getByText("Thank you.").waitFor();
  });

  test("each task of an answer has its own truth, by index where classes have no names", async (t) => {
    const told = [];
    const page = await open(t, {
      prepare: async (page) => {
        await showWatched(page);
        await page.route("**/v1/models", async (route) => {
          const response = await route.fetch();
          const json = await response.json();
          const tasks = [
            { task: "crop", classes: 2, labels: ["coffee", "tea_bush"], calibrated: true },
            { task: "state", classes: 3, labels: null, calibrated: true },
          ];
          await route.fulfill({ response, json: { models: [{ ...json.models[0], tasks }] } });
        });
        const top = [{ index: 0, label: null, score: 0.9 }];
        const answer = { id: "0123456789abcdef", tasks: [{ task: "crop", top }, { task: "state", top }] };
        await page.route("**/v1/classify?*", (route) => route.fulfill({ json: { results: [answer] } }));
        await page.route("**/v1/feedback", (route) => (told.push(route.request().postDataJSON()), route.fulfill({ json: { stored: true } })));
      },
    });
    await give(page, photo);
    await page.getByText("Wrong?").click();
    for (const [task, choice] of [["crop", "tea bush"], ["state", "Class 2"]]) {
      await page.getByLabel(`It is: ${task}`).selectOption({ label: choice });
      const form = page.locator("form", { hasText: `It is: ${task}` });
      await form.getByRole("button", { name: "Send" }).click();
      await form.getByText("Thank you.").waitFor();
    }
    const id = "0123456789abcdef";
    assert.deepEqual(told, [{ id, task: "crop", label: "tea_bush" }, { id, task: "state", label: "2" }]);
  });

  test("a service without records is told nothing", async (t) => {
    const page = await open(t);
    await give(page, photo);
    await page.locator(".timing").waitFor();
    assert.equal(await page.getByText("Wrong?").count(), 0);
  });
}
