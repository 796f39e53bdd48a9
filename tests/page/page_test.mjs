// The page in a real browser, against a running `frond serve`.
//   node page_test.mjs CHROMIUM FROND MODEL PHOTO [SCREENSHOTS]
// What it shows is held to what `frond predict --json` says. With SCREENSHOTS it leaves pictures of itself there, of a
// leaf that it draws: those of docs/serve.md.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { showWatched, testMonitor } from "./monitor_tests.mjs";

const [browserPath, frond, model, photo, screenshots] = process.argv.slice(2);
const kAxe = createRequire(import.meta.url).resolve("axe-core");
const kPhone = { width: 360, height: 740 };
const kTablet = { width: 820, height: 1180 };

const scratch = mkdtempSync(join(tmpdir(), "frond-page-"));
const running = [];
let browser;
let service; // its address

/** `frond serve` with these arguments; its address. */
async function serve(...given) {
  const child = spawn(frond, ["serve", "--port", "0", "--json", ...given], { stdio: ["ignore", "pipe", "inherit"] });
  running.push(child);
  for await (const line of createInterface(child.stdout)) return JSON.parse(line).url;
  throw new Error("frond serve ended");
}

before(async () => {
  browser = await chromium.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  service = await serve(model);
});

after(async () => {
  await browser?.close();
  for (const child of running) {
    child.kill();
    await new Promise((resolve) => child.once("exit", resolve));
  }
  rmSync(scratch, { recursive: true });
});

/** A page of a device that has seen none; what it complains of, and asks of others, fails the test. */
async function open(t, { address = service, path = "/", expectComplaints = false, init = null, prepare = null, ...device } = {}) {
  const context = await browser.newContext({ locale: "en-US", viewport: kPhone, ...device });
  if (init) await context.addInitScript(init);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  if (prepare) await prepare(page);
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  t.after(async () => {
    await context.close();
    if (!expectComplaints) assert.deepEqual(complaints, []);
    const others = asked.filter((url) => !url.startsWith(address) && !url.startsWith("blob:"));
    assert.deepEqual(others, [], "the page asked others");
  });
  await page.goto(address + path);
  return page;
}

async function give(page, ...files) {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: /Choose photos|选择照片/ }).click();
  await (await chooser).setFiles(files);
}

/** What `frond predict` says of a photo: its labels, highest first. */
function predicted(path) {
  const said = JSON.parse(execFileSync(frond, ["predict", model, path, "--json"], { encoding: "utf8" }));
  return said.results[0].labels;
}

const kViews = ["photos", "history", "model", "monitor"];

/** Goes to a view that has something to show; feedback is opened where it can be given. */
async function look(page, view) {
  await page.evaluate((hash) => (location.hash = hash), view);
  const shown = { model: ".model", monitor: ".plot canvas" }[view];
  await page.locator(shown ?? ".card:visible").first().waitFor();
  if (!shown) await page.locator(".feedback summary").first().click();
}

const named = ({ label, index }) => label?.replaceAll("_", " ") ?? `Class ${index}`;

async function holdToAxe(page, what) {
  if (!(await page.evaluate(() => "axe" in window))) {
    // The page's policy forbids a script tag; this is the debugger's way in.
    await page.evaluate(readFileSync(kAxe, "utf8"));
  }
  const { violations } = await page.evaluate(() => window.axe.run());
  const said = violations.filter(({ impact }) => impact !== "minor").map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`);
  assert.deepEqual(said, [], what);
}

/** The leaf of the pictures in the docs, drawn: no photo of anyone's is in the project. */
async function drawLeaf(page) {
  const url = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [960, 640];
    const c = canvas.getContext("2d");
    const ground = c.createLinearGradient(0, 0, 960, 640);
    ground.addColorStop(0, "#cfc8b8");
    ground.addColorStop(1, "#a79f8c");
    c.fillStyle = ground;
    c.fillRect(0, 0, 960, 640);
    const blade = c.createRadialGradient(430, 280, 40, 480, 320, 460);
    blade.addColorStop(0, "#6fae4a");
    blade.addColorStop(1, "#2c6a2a");
    c.fillStyle = blade;
    c.beginPath();
    c.moveTo(80, 360);
    c.bezierCurveTo(220, 60, 640, 40, 890, 280);
    c.bezierCurveTo(660, 580, 260, 600, 80, 360);
    c.fill();
    c.strokeStyle = "rgba(220,235,190,0.7)";
    c.lineWidth = 5;
    c.beginPath();
    c.moveTo(40, 370);
    c.quadraticCurveTo(480, 330, 890, 280);
    c.stroke();
    c.lineWidth = 2.5;
    for (let i = 0; i < 8; i++) {
      const x = 190 + 85 * i;
      for (const side of [-1, 1]) {
        c.beginPath();
        c.moveTo(x, 358 - 9 * i);
        c.quadraticCurveTo(x + 70, 358 - 9 * i + side * 70, x + 110, 340 - 8 * i + side * (150 - 9 * Math.abs(i - 3) * 2));
        c.stroke();
      }
    }
    for (let i = 0; i < 26; i++) {
      const [x, y, r] = [240 + ((i * 197) % 470), 210 + ((i * 131) % 240), 5 + ((i * 53) % 17)];
      c.fillStyle = "#caa64a";
      c.beginPath();
      c.arc(x, y, r + 4, 0, 7);
      c.fill();
      c.fillStyle = "#7b4a1e";
      c.beginPath();
      c.arc(x, y, r, 0, 7);
      c.fill();
    }
    return canvas.toDataURL("image/jpeg", 0.9);
  });
  const path = join(scratch, "leaf.jpg");
  writeFileSync(path, Buffer.from(url.split(",")[1], "base64"));
  return path;
}

test("the first answer by keyboard alone, and it is the program's", async (t) => {
  const page = await open(t);
  const button = page.getByRole("button", { name: "Choose photos" });
  await button.waitFor();
  const chooser = page.waitForEvent("filechooser");
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press("Tab");
    if (await button.evaluate((element) => element === document.activeElement)) break;
  }
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(photo);
  const card = page.getByRole("listitem").filter({ hasText: basename(photo) });
  await card.getByText(/Answered in [\d.]+ ms/).waitFor();
  const expected = predicted(photo);
  assert.equal(await card.getByRole("heading").textContent(), named(expected[0]));
  assert.deepEqual(await card.locator(".bar-label").allTextContents(), expected.slice(0, 5).map(named));
  const percents = expected.slice(0, 5).map(({ score }) => (score > 0.99 ? ">99%" : `${Math.round(100 * score)}%`));
  assert.deepEqual(await card.locator(".bar-percent").allTextContents(), percents);
  assert.equal(await page.getByRole("status").textContent(), `1 photo answered, ${named(expected[0])}`);
  assert.ok(await card.getByRole("img", { name: basename(photo) }).evaluate((image) => image.naturalWidth > 0));
});

test("it is small", async (t) => {
  const page = await open(t, { path: "/#monitor" }); // the view that loads most
  await page.locator("canvas").first().waitFor();
  const bytes = await page.evaluate(async () => {
    const asked = performance.getEntriesByType("resource").map(({ name }) => name);
    const paths = ["/", ...asked.filter((name) => !name.includes("/v1/"))];
    const sizes = await Promise.all(paths.map(async (path) => (await (await fetch(path)).arrayBuffer()).byteLength));
    return sizes.reduce((a, b) => a + b);
  });
  assert.ok(bytes > 10_000 && bytes < 130_000, `${bytes} bytes`);
});

test("both languages, kept on the device", async (t) => {
  const page = await open(t);
  await page.getByRole("combobox", { name: /Language/ }).selectOption("zh-CN");
  await page.getByRole("heading", { name: "这张照片里是什么？" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
  await page.reload();
  await page.getByRole("button", { name: "选择照片" }).waitFor();
  await give(page, photo);
  await page.getByText(/用时 [\d.]+ 毫秒/).waitFor();

  const chinese = await open(t, { locale: "zh-CN" });
  await chinese.getByRole("button", { name: "选择照片" }).waitFor();
});

test("axe finds nothing serious, in any view, language or light", async (t) => {
  for (const colorScheme of ["light", "dark"]) {
    for (const locale of ["en-US", "zh-CN"]) {
      const page = await open(t, { colorScheme, locale, prepare: showWatched });
      await give(page, photo);
      await page.locator(".timing").waitFor();
      for (const view of kViews) {
        await look(page, view);
        await holdToAxe(page, `${view}, ${locale}, ${colorScheme}`);
      }
    }
  }
});

test("nothing is wider than a phone", async (t) => {
  const page = await open(t, { viewport: { width: 320, height: 640 }, prepare: showWatched });
  await give(page, photo);
  await page.locator(".timing").waitFor();
  for (const view of kViews) {
    await look(page, view);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), view);
  }
});

test("photos can be dropped and pasted, many at once", async (t) => {
  const page = await open(t);
  await page.getByRole("button", { name: "Choose photos" }).waitFor();
  const bytes = [...readFileSync(photo)];
  const send = (target, kind, names) =>
    page.evaluate(
      ({ target, kind, names, bytes }) => {
        const data = new DataTransfer();
        for (const name of names) data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
        data.items.add(new File(["no photo"], "notes.txt", { type: "text/plain" }));
        const event =
          kind === "drop"
            ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
            : new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
        document.querySelector(target).dispatchEvent(event);
      },
      { target, kind, names, bytes },
    );
  await send(".drop", "drop", ["a.jpg", "b.jpg", "c.jpg"]);
  await page.getByText("3 photos answered").waitFor({ state: "attached" });
  await send("body", "paste", ["d.jpg"]);
  await page.getByText("4 photos answered").waitFor({ state: "attached" });
  assert.equal(await page.locator(".card").count(), 4);
});

test("the history outlasts the page, is a table, and goes when told", async (t) => {
  const page = await open(t);
  const odd = join(scratch, '=1+1,"<b>.jpg');
  writeFileSync(odd, readFileSync(photo));
  await give(page, photo);
  await page.getByText("1 photo answered").waitFor({ state: "attached" });
  await give(page, odd);
  await page.getByText("2 photos answered").waitFor({ state: "attached" });
  await page.goto(`${service}/#history`);
  const cards = page.locator(".card");
  await cards.nth(1).waitFor();  // an answer is remembered once its small picture is made
  await page.reload();
  await cards.nth(1).waitFor();
  assert.ok((await cards.first().innerText()).startsWith('=1+1,"<b>.jpg'));

  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: /CSV/ }).click();
  const table = readFileSync(await (await download).path(), "utf8").split("\r\n");
  assert.equal(table[0], "\uFEFFtime,file,model,version,task,label,score");
  assert.ok(table[1].includes(`,"'=1+1,""<b>.jpg",`), table[1]);
  const best = predicted(photo)[0];
  assert.ok(table[2].endsWith(`,"","${best.label ?? best.index}","${best.score.toFixed(4)}"`), table[2]);

  await page.getByRole("button", { name: new RegExp(`^Remove ${basename(photo)}, `) }).click();
  await cards.nth(1).waitFor({ state: "detached" });
  page.once("dialog", (dialog) => dialog.accept());
  await page.getByRole("button", { name: "Delete all" }).click();
  await page.getByText(/Nothing yet/).waitFor();
});

test("what is no photo is said to be none, beside the good ones", async (t) => {
  const page = await open(t, { expectComplaints: true });
  const broken = join(scratch, "broken.jpg");
  writeFileSync(broken, "no photo");
  await give(page, broken, photo);
  await page.locator(".card", { hasText: "broken.jpg" }).getByText("could not be read: it is no JPEG, PNG or WebP file").waitFor();
  await page.locator(".card", { hasText: basename(photo) }).locator(".timing").waitFor();
});

const kBusy = { status: 503, headers: { "Retry-After": "1" }, json: { error: { code: "limit", message: "full" } } };

test("a busy service is asked again by itself", async (t) => {
  const page = await open(t, { expectComplaints: true });
  let refusals = 2;
  await page.route("**/v1/classify*", (route) => (refusals-- > 0 ? route.fulfill(kBusy) : route.continue()));
  await give(page, photo, photo);
  await page.getByRole("alert").getByText(/The service is busy. \d photos? waits?/).waitFor();
  await page.getByText("2 photos answered").waitFor({ state: "attached" });
  assert.equal(await page.locator(".obstacle").innerText(), "");
});

test("photos wait for a network that is gone, and are lost to no other view", async (t) => {
  const page = await open(t, { expectComplaints: true });
  await page.getByRole("button", { name: "Choose photos" }).waitFor();
  await page.route("**/v1/classify*", (route) => route.abort());
  await give(page, photo, photo, photo);
  await page.getByText(/The service does not answer.* 3 photos wait/).waitFor();
  await page.evaluate(() => (location.hash = "model"));
  await page.locator(".model").waitFor();
  await page.unroute("**/v1/classify*");
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await page.evaluate(() => (location.hash = "photos"));
  await page.getByText("3 photos answered").waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Clear the list" }).click();
  assert.equal(await page.locator(".card").count(), 0);
});

test("what is refused for good is the reader's to try again", async (t) => {
  const page = await open(t, { expectComplaints: true });
  await page.route("**/v1/classify*", (route) => route.fulfill({ ...kBusy, status: 413 }));
  await give(page, photo);
  await page.getByText("The photo is larger than the service takes.").waitFor();
  await page.getByText("1 photo failed").waitFor({ state: "attached" });
  await page.unroute("**/v1/classify*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("1 photo answered").waitFor({ state: "attached" });
});

test("a token is asked for, in the midst of work too, and kept for this tab alone", async (t) => {
  const token = join(scratch, "token");
  writeFileSync(token, "field-token\n");
  const address = await serve(model, "--token-file", token);
  const page = await open(t, { address, expectComplaints: true });
  const field = page.getByLabel("Token");
  for (const wrong of ["wrong", "f\u200bield-token"]) {
    await field.fill(wrong);
    await page.getByRole("button", { name: "Enter" }).click();
    await page.getByRole("alert").getByText("That token was refused.").waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true");
  }
  await holdToAxe(page, "the form");
  await field.fill("field-token");
  await field.press("Enter");
  await give(page, photo);
  await page.locator(".timing").waitFor();

  await page.evaluate(() => sessionStorage.setItem("frond.token", "changed"));
  await give(page, photo);
  await field.fill("field-token");
  await field.press("Enter");
  await page.getByText("2 photos answered").waitFor({ state: "attached" });

  await page.reload();
  await page.getByRole("button", { name: "Choose photos" }).waitFor();
  assert.ok(!(await page.evaluate(() => JSON.stringify(localStorage))).includes("field-token"));
  const other = await page.context().newPage();
  await other.goto(address);
  await other.getByLabel("Token").waitFor();
});

test("a browser that keeps nothing for the page", async (t) => {
  const page = await open(t, {
    init: () => {
      for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
        Object.defineProperty(window, name, { get: () => { throw new DOMException("denied", "SecurityError"); } });
      }
    },
  });
  await page.getByRole("combobox", { name: /Language/ }).selectOption("zh-CN");
  await give(page, photo);
  await page.getByText(/用时 [\d.]+ 毫秒/).waitFor();
  await page.evaluate(() => (location.hash = "history"));
  await page.getByText("此浏览器不为本页保存历史记录").waitFor();
});

test("a photo is answered by the model that was chosen when it was given", async (t) => {
  const address = await serve(`leaf/1=${model}`, `soil/2=${model}`);
  const page = await open(t, { address });
  const asked = [];
  page.on("request", (request) => request.method() === "POST" && asked.push(new URL(request.url()).searchParams.get("model")));
  await page.getByRole("button", { name: "Choose photos" }).waitFor();
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/v1/classify*", async (route) => (await held, route.continue()));
  await give(page, photo, photo, photo);
  await page.getByRole("combobox", { name: "Model" }).selectOption("soil 2");
  await give(page, photo);
  release();
  await page.getByText("4 photos answered").waitFor({ state: "attached" });
  assert.deepEqual(asked, ["leaf", "leaf", "leaf", "soil"]);
  assert.equal(await page.locator(".card", { hasText: "leaf 1" }).count(), 3);
  assert.equal(await page.locator(".card", { hasText: "soil 2" }).count(), 1);
});

test("the card says what the model is", async (t) => {
  const page = await open(t, { path: "/#model" });
  const { models } = await (await fetch(`${service}/v1/models`)).json();
  const text = await page.locator(".model").innerText();
  assert.ok(text.includes(models[0].name));
  assert.ok(text.includes(`${models[0].input.width} × ${models[0].input.height} px`));
  const { labels } = models[0].tasks[0];
  assert.ok(labels.length > 1);
  assert.deepEqual(await page.locator(".labels li").allTextContents(), labels.map((label) => named({ label })));
});

testMonitor({ frond, serve, open, give, model, photo, scratch });

if (screenshots) {
  test("pictures for the docs", async (t) => {
    for (const [locale, tag] of [["en-US", "en"], ["zh-CN", "zh"]]) {
      for (const [viewport, device] of [[kPhone, "phone"], [kTablet, "tablet"]]) {
        const page = await open(t, { locale, viewport, deviceScaleFactor: 1, hasTouch: true, isMobile: true });
        await give(page, await drawLeaf(page));
        await page.locator(".timing").waitFor();
        await page.screenshot({ path: join(screenshots, `page-${device}-${tag}.png`) });
        if (device !== "tablet") continue;
        await page.evaluate(() => (location.hash = "model"));
        await page.locator(".model").waitFor();
        await page.screenshot({ path: join(screenshots, `page-model-${tag}.png`) });
      }
      const page = await open(t, { path: "/#monitor", prepare: showWatched, locale, timezoneId: "UTC", viewport: kTablet });
      await page.locator(".plot canvas").nth(1).waitFor();
      await page.screenshot({ path: join(screenshots, `page-monitor-${tag}.png`) });
    }
  });
}
