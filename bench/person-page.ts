// How soon the page of somebody with very many events is there and can be used, in Chromium, beside an almost empty page of
// the same console. Every visit is a load of its own in one browser, whose cache holds the scripts after the first.
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { chromiumFlags, chromiumPath } from "../tests/chromium.ts";
import { API_TOKEN, startMeasuredServer, WRITE_KEY, type MeasuredServer } from "./measured-server.ts";
import { median, plainRow, spread, type Row } from "./table.ts";

const BATCH = 500;
const HOUR_MS = 3_600_000;
const GOAL_MS = 1_000;
const REST_MS = 5_000;

interface Visit {
  readonly headingMs: number;
  readonly usableMs: number;
  readonly nodes: number;
}

export async function benchPersonPage({ events, visits }: { readonly events: number; readonly visits: number }): Promise<Row[]> {
  if (chromiumPath === undefined) throw new Error("There is no Chromium; CHROMIUM_PATH may name one.");
  execFileSync(process.execPath, [fileURLToPath(new URL("../bin/build-console.cjs", import.meta.url))]);
  const server = await startMeasuredServer();
  const browser = await chromium.launch({ args: chromiumFlags, executablePath: chromiumPath });
  try {
    await fill(server, events);
    await sleep(REST_MS);
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 820 } })).newPage();
    await page.addInitScript(`sessionStorage.setItem("tributary.token", "${API_TOKEN}")`);
    const person: Visit[] = [];
    const about: Visit[] = [];
    // The first of each fetches the scripts and is not counted; then turn by turn, so that both see the same machine.
    for (let visit = 0; visit <= visits; visit++) {
      const [seenPerson, seenAbout] = [await visitPerson(page, server.url), await visitAbout(page, server.url)];
      if (visit > 0) {
        person.push(seenPerson);
        about.push(seenAbout);
      }
    }
    return rowsOf(events, person, about);
  } finally {
    await browser.close();
    await server.stop();
  }
}

function rowsOf(events: number, person: readonly Visit[], about: readonly Visit[]): Row[] {
  const of = (visits: readonly Visit[], what: keyof Visit): number[] => visits.map((visit) => visit[what]);
  const line = (what: string, unit: string, field: keyof Visit, goal: string): Row => ({
    ...plainRow(what, unit, spread(of(person, field)), goal), ceiling: `${spread(of(about, field))} (/about)`, share: `${(median(of(person, field)) / median(of(about, field))).toFixed(1)} times`,
  });
  return [
    line(`page of a person with ${events.toLocaleString("en-GB")} events: heading there`, "ms", "headingMs", `< ${GOAL_MS}`),
    line("… usable: the timeline scrolls and a row opens (about: its heading)", "ms", "usableMs", `< ${GOAL_MS}`),
    line("… elements on it", "", "nodes", ""),
  ];
}

async function visitPerson(page: Page, url: string): Promise<Visit> {
  const startMs = performance.now();
  await page.goto(`${url}/profiles/user_id:busy-1`, { waitUntil: "commit" });
  await page.getByRole("heading", { level: 1, name: "Busy Person" }).waitFor();
  const headingMs = performance.now() - startMs;
  const timeline = page.getByRole("group", { name: "Timeline" });
  await timeline.locator("article").first().waitFor();
  await timeline.evaluate((element) => element.scrollTo({ top: 600 }));
  await timeline.locator(".timeline-line").nth(12).click();
  await timeline.locator(".timeline-more").waitFor();
  return { headingMs, usableMs: performance.now() - startMs, nodes: await page.locator("*").count() };
}

async function visitAbout(page: Page, url: string): Promise<Visit> {
  const startMs = performance.now();
  await page.goto(`${url}/about`, { waitUntil: "commit" });
  await page.locator("h1").waitFor();
  const headingMs = performance.now() - startMs;
  return { headingMs, usableMs: headingMs, nodes: await page.locator("*").count() };
}

/** One person with so many events over a year, and a hundred others. */
async function fill(server: MeasuredServer, events: number): Promise<void> {
  const calls = [...callsOf("busy-1", "Busy Person", events), ...Array.from({ length: 100 }, (_, index) => callsOf(`calm-${index}`, `Calm Person ${index}`, 20)).flat()];
  const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}`;
  for (let from = 0; from < calls.length; from += BATCH) {
    const response = await fetch(`${server.url}/v1/batch`, { method: "POST", headers: { authorization }, body: JSON.stringify({ batch: calls.slice(from, from + BATCH) }) });
    if (!response.ok) throw new Error(`A batch was refused: ${response.status} ${await response.text()}`);
  }
  for (;;) {
    const { data } = await server.api<{ data: readonly { event_count: number; traits: Record<string, unknown> }[] }>("/profiles?search=user_id:busy-1");
    const ledger = await server.api<{ sources: readonly { waiting_to_land: number; waiting_to_be_decided: number }[] }>("/ledger");
    const isLanded = ledger.sources.every((source) => source.waiting_to_land === 0 && source.waiting_to_be_decided === 0);
    if (isLanded && (data[0]?.event_count ?? 0) >= events) return;
    await sleep(200);
  }
}

function callsOf(userId: string, name: string, events: number): object[] {
  const untilMs = Date.now() - HOUR_MS;
  const at = (index: number): string => new Date(untilMs - Math.floor(((events - index) / events) * 365 * 24) * HOUR_MS + (index % 50) * 60_000).toISOString();
  const traits = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`trait_${index}`, `value ${index}`]));
  return Array.from({ length: events }, (_, index) => {
    const shared = { userId, anonymousId: `${userId}-web-${index % 4}`, timestamp: at(index) };
    if (index === 0) return { type: "identify", ...shared, traits: { name, email: `${userId}@example.com`, ...traits } };
    if (index % 3 === 0) return { type: "page", name: "Product", ...shared, context: { page: { url: `https://shop.example.com/p/${index}` } } };
    return { type: "track", event: index % 40 === 1 ? "Order Completed" : "Product Viewed", ...shared, properties: { order_id: `o-${index}`, product: `Chair ${index % 97}`, price: index % 500, currency: "EUR" } };
  });
}
