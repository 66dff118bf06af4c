// Takes pictures of the console: `npm run screenshots` writes those of the README, of the demo shop;
// `npm run screenshots -- FOLDER [NAME…]` writes every screen (or those named) there, wide and narrow, light and dark,
// of a small shop.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import type { DemoShopAnswer, DemoShopMade, ScenarioId, ScenarioList } from "@tributary/schema/api/demo-shop.ts";
import { chromiumFlags, chromiumPath } from "../chromium.ts";
import { fillScreens, screens } from "../screens.ts";
import { API_TOKEN, startServerProcess, type ServerProcess } from "../server-process.ts";
import { finished, shoot } from "./shoot.ts";
import type { CallShop } from "./shop-audiences.ts";
import { shopEvents } from "./shop-events.ts";
import { takeAudiences } from "./take-audiences.ts";
import { takeDestinations } from "./take-destinations.ts";

const [folder, ...names] = process.argv.slice(2);
const isWanted = (name: string): boolean => names.length === 0 || names.includes(name);
const images = fileURLToPath(new URL("../../docs/images", import.meta.url));

async function fill(server: ServerProcess): Promise<void> {
  const calls = shopEvents(Date.now());
  for (let from = 0; from < calls.length; from += 20) await server.send("/v1/batch", { batch: calls.slice(from, from + 20) });
  for (let i = 0; i < 3; i++) {
    await fetch(`${server.url}/v1/track`, { method: "POST", headers: { authorization: `Basic ${btoa("wk_old_key_of_last_year:")}` }, body: JSON.stringify({ event: "x", userId: "u" }) });
  }
  await fillScreens(server);
  await server.settled();
}

async function pageFor(browser: Browser, server: ServerProcess, width: number, colorScheme: "light" | "dark"): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: width > 1000 ? 820 : 1024 }, colorScheme, locale: "en-GB", timezoneId: "Europe/Copenhagen" });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && process.stdout.write(`  console: ${message.text()} (${page.url()})\n`));
  page.on("pageerror", (error) => process.stdout.write(`  page error: ${error.message}\n`));
  await page.goto(`${server.url}/sign-in`);
  await page.evaluate(`sessionStorage.setItem("tributary.token", "${API_TOKEN}")`);
  return page;
}

async function takeAll(browser: Browser, server: ServerProcess, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const width of [1280, 768]) {
    for (const scheme of ["light", "dark"] as const) {
      const page = await pageFor(browser, server, width, scheme);
      for (const [name, path] of Object.entries(screens).filter(([one]) => isWanted(one))) await shoot(page, server.url, path, join(folder, `${name}-${width}-${scheme}.png`));
      if (names.length > 0) {
        await page.context().close();
        continue;
      }
      await page.goto(`${server.url}/profiles`);
      await page.getByRole("gridcell").first().waitFor();
      await page.keyboard.press("ControlOrMeta+k");
      await page.getByRole("dialog").getByRole("textbox").fill("person2");
      await page.waitForTimeout(900);
      await page.screenshot({ path: join(folder, `palette-${width}-${scheme}.png`) });
      await page.evaluate("sessionStorage.clear()");
      await shoot(page, server.url, "/sign-in", join(folder, `sign-in-${width}-${scheme}.png`));
      await page.context().close();
    }
  }
}

async function callWith<T>(server: ServerProcess, token: string, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T; // The server holds its answers to their schemas.
}

/** The demo shop with its past, and a while of its present: the token for its workspace. */
async function openShop(server: ServerProcess): Promise<string> {
  const call = <T>(method: string, path: string, token: string, body?: object): Promise<T> => callWith<T>(server, token, method, path, body);
  const { secret } = await call<DemoShopMade>("POST", "/demo-shop", API_TOKEN, { people: 900, days: 120, pace: 1_000 });
  if (secret === null) throw new Error("The demo shop gave no token.");
  for (;;) {
    const shop = await call<DemoShopAnswer>("GET", "/demo-shop", secret);
    if (shop.state === "live" && (shop.progress?.live ?? 0) > LIVE_EVENTS) break;
    await sleep(500);
  }
  await call("PATCH", "/demo-shop", secret, { paused: true });
  await sleep(3_000);
  return secret;
}

/** The pictures of the README. */
async function takeBest(browser: Browser, server: ServerProcess): Promise<void> {
  await mkdir(images, { recursive: true });
  const secret = await openShop(server);
  const asked = await fetch(`${server.url}/api/v1/demo-shop/scenarios`, { headers: { authorization: `Bearer ${secret}` } });
  const { data } = (await asked.json()) as ScenarioList;
  const refOf = (id: ScenarioId): string => encodeURIComponent(data.find((one) => one.id === id)?.people[0]?.ref ?? "");
  const page = await pageFor(browser, server, 1280, "light");
  await page.evaluate(`sessionStorage.setItem("tributary.token", ${JSON.stringify(secret)})`);
  await shoot(page, server.url, "/", join(images, "console-home.png"));
  await shoot(page, server.url, `/profiles/${refOf("late_order")}?tab=service`, join(images, "console-service.png"));
  await shoot(page, server.url, `/profiles/${refOf("wrong_merge")}?tab=identity`, join(images, "console-identity.png"));
  await page.goto(`${server.url}/live?type=identify`);
  // Its first cell: somewhere in its middle stands the link to the person.
  await page.getByRole("row").nth(3).getByRole("gridcell").first().click();
  await page.getByRole("complementary").getByText("The path it took").waitFor();
  await page.mouse.move(0, 0); // Else what its hover says lies over the picture.
  await finished(page);
  await page.screenshot({ path: join(images, "console-event.png") });
  const call: CallShop = (method, path, body) => callWith(server, secret, method, path, body);
  const audiences = await takeAudiences(page, server.url, call, images);
  await takeDestinations(page, server.url, call, audiences.slug, images);
  await page.context().close();
}

const LIVE_EVENTS = 400;
// What the pictures send goes to a receiver on this machine.
const server = await startServerProcess({ env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" } });
const browser = await chromium.launch({ args: chromiumFlags, ...(chromiumPath && { executablePath: chromiumPath }) });
try {
  if (folder !== undefined) {
    await fill(server);
    await takeAll(browser, server, folder);
  } else await takeBest(browser, server);
} finally {
  await browser.close();
  await server.remove();
}
