// The browser SDKs, as published, in a real Chromium against a server that is killed again and again in the middle of a
// request: Segment's analytics.js by a snippet in which only the host is ours, RudderStack's JavaScript SDK from its npm
// package, and Jitsu's p.js. Each has a page and a wire of its own, and all live through every kill. Afterwards each
// messageId is stored exactly once. Skipped where there is no Chromium (CHROMIUM_PATH names one).
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, startServerProcess, WRITE_KEY, type ServerProcess } from "../server-process.ts";
import { expectStoredOnce, markOf, receivedEvents, stepsOf, stepsTo, traitsOf, type ReceivedEvent } from "./received-events.ts";
import { startWire, type Moment, type Wire } from "./wire.ts";

const candidates = [process.env["CHROMIUM_PATH"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = candidates.find((path) => path !== undefined && existsSync(path));
const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  // All three pages count as looked at: timers of hidden ones are slowed down.
  "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
];

const STEPS_PER_LIFE = 6;
const kills: readonly { readonly of: SdkName; readonly moment: Moment }[] = [
  { of: "segment", moment: "answer" },
  { of: "rudder", moment: "answer" },
  { of: "jitsu", moment: "answer" },
  { of: "segment", moment: "body" },
];
const steps = stepsTo(STEPS_PER_LIFE * (kills.length + 1));
const lastStep = steps.length;
const sdks = ["segment", "rudder", "jitsu"] as const;
type SdkName = (typeof sdks)[number];

let server: ServerProcess;
let browser: Browser;
let context: BrowserContext;
let site: Server;
let events: ReceivedEvent[];
const wires = new Map<SdkName, Wire>();
const pages = new Map<SdkName, Page>();
const hosts = new Set<string>();

describe.skipIf(executablePath === undefined)("in a browser", () => {
  beforeAll(async () => {
    // PUBLIC_URL is what analytics.js sends to; it is the wire's address.
    const segmentPort = await freePort();
    server = await startServerProcess({ env: { PUBLIC_URL: `http://127.0.0.1:${segmentPort}` } });
    for (const sdk of sdks) wires.set(sdk, await startWire(server, sdk === "segment" ? segmentPort : undefined));
    site = await startSite();
    browser = await chromium.launch({ args: flags, ...(executablePath && { executablePath }) });
    context = await browser.newContext();
    for (const sdk of sdks) await openPage(sdk);
    const left = [...steps];
    const callSome = async () => {
      for (const step of left.splice(0, STEPS_PER_LIFE)) for (const page of pages.values()) await call(page, step);
    };
    // New calls in every life of the server: by themselves SDKs wait longer and longer between repeats.
    for (const { of, moment } of kills) {
      const restarted = wires.get(of)?.killDuring(moment, 1);
      await callSome();
      await restarted;
    }
    await callSome();
    await allStored(steps.length);
    for (const page of pages.values()) await call(page, lastStep);
    events = await allStored(steps.length + 1);
  }, 900_000);

  afterAll(async () => {
    await browser?.close();
    site?.close();
    for (const wire of wires.values()) await wire.close();
    await server?.remove();
  });

  describe.each([
    { title: "analytics.js by Segment's snippet", sdk: "segment", types: ["alias", "group", "identify", "page", "track"] },
    { title: "@rudderstack/analytics-js", sdk: "rudder", types: ["alias", "group", "identify", "page", "track"] },
    { title: "Jitsu's p.js with a fetch that repeats", sdk: "jitsu", types: ["group", "identify", "page", "track"] },
  ] as const)("$title", ({ sdk, types }) => {
    test("delivers every call exactly once through kills in mid-flush", () => {
      const sent = eventsOf(sdk);
      expect(stepsOf(sent)).toEqual([...steps, lastStep]);
      // A kill at an answer costs a repeat; without one it would not have been in mid-flush.
      expect(expectStoredOnce(sent)).toBeGreaterThan(0);
      expect([...new Set(sent.map(({ type }) => type))].sort()).toEqual(types);
    });

    test("has made the person that its calls describe", async () => {
      expect(await traitsOf(server, `user_id:${sdk}`)).toMatchObject({ email: `${sdk}@example.com`, plan: "pro", step: lastStep });
    });
  });

  test("no SDK calls anybody but us", () => {
    const ours = [...wires.values()].map(({ port }) => `127.0.0.1:${port}`);
    expect([...hosts].sort()).toEqual([...ours, siteHost()].sort());
  });
});

const eventsOf = (sdk: SdkName): ReceivedEvent[] => events.filter((event) => markOf(event).by === sdk);

/** Every call of every SDK has arrived; fails by the hook's time limit. */
async function allStored(count: number): Promise<ReceivedEvent[]> {
  for (;;) {
    const stored = await receivedEvents(server);
    if (stored.length >= count * sdks.length) return stored;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function openPage(sdk: SdkName): Promise<void> {
  const page = await context.newPage();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  await page.goto(`http://${siteHost()}/${sdk}`);
  pages.set(sdk, page);
}

/** The page has a function `call` that makes the SDK's call of this number. */
async function call(page: Page, step: number): Promise<void> {
  await page.evaluate(`call(${step})`);
}

function siteHost(): string {
  const { port } = site.address() as AddressInfo; // listens on TCP, so it is no text.
  return `localhost:${port}`;
}

async function startSite(): Promise<Server> {
  const rudderScript = await readFile(new URL("../umd/index.js", import.meta.resolve("@rudderstack/analytics-js/bundled")));
  const started = createServer((request, response) => {
    const path = (request.url ?? "/").slice(1);
    const sdk = sdks.find((name) => name === path);
    if (path === "rudder.js") return void response.setHeader("content-type", "text/javascript").end(rudderScript);
    if (!sdk) return void response.writeHead(404).end();
    response.setHeader("content-type", "text/html").end(`<!doctype html><title>Shop</title><link rel="icon" href="data:,">${pageOf[sdk](wires.get(sdk)?.url ?? "")}`);
  });
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  return started;
}

/** The calls of Segment's and RudderStack's SDKs are the same. */
const callsOf = (name: string, sdk: SdkName): string => `
  function call(step) {
    var mark = { step: step, by: "${sdk}" };
    if (step % 5 === 0) ${name}.identify("${sdk}", { email: "${sdk}@example.com", plan: "pro", step: step, by: "${sdk}" });
    else if (step % 5 === 1) ${name}.track("Viewed", mark);
    else if (step % 5 === 2) ${name}.page("Shop", "Home", mark);
    else if (step % 5 === 3) ${name}.group("acme", mark);
    else ${name}.alias("${sdk}", "${sdk}-before", { context: mark });
  }`;

const pageOf: Readonly<Record<SdkName, (host: string) => string>> = {
  /** Does what the snippet does: calls wait in an array until the script, loaded from `host`, takes them over. */
  segment: (host) => `<script>
    var analytics = window.analytics = [];
    ["identify", "track", "page", "group", "alias", "ready"].forEach(function (method) {
      analytics[method] = function () { analytics.push([method].concat([].slice.call(arguments))); return analytics; };
    });
    analytics._writeKey = "${WRITE_KEY}";
    var script = document.createElement("script");
    script.async = true;
    script.src = "${host}/analytics.js/v1/${WRITE_KEY}/analytics.min.js";
    document.head.appendChild(script);
    ${callsOf("window.analytics", "segment")}</script>`,

  rudder: (host) => `<script src="/rudder.js"></script><script>
    var sdk = new rudderanalytics.RudderAnalytics();
    sdk.load("${WRITE_KEY}", "${host}", {
      configUrl: "${host}", polyfillIfRequired: false,
      queueOptions: { minRetryDelay: 300, maxRetryDelay: 600, backoffFactor: 1, maxAttempts: 200 }
    });
    ${callsOf("sdk", "rudder")}</script>`,

  /** The script sends to where it was loaded from; it never repeats, so the page gives it a fetch that does. */
  jitsu: (host) => `<script>
    window.jitsuConfig = { fetch: async function (url, init) {
      for (;;) {
        var response = await fetch(url, init).catch(function () {});
        if (response && response.status < 500) return response;
        await new Promise(function (resolve) { setTimeout(resolve, 200); });
      }
    } };
    function call(step) {
      window.jitsuQ = window.jitsuQ || [];
      window.jitsuQ.push(function (jitsu) {
        var mark = { step: step, by: "jitsu" };
        if (step % 5 === 0) jitsu.identify("jitsu", { email: "jitsu@example.com", plan: "pro", step: step, by: "jitsu" });
        else if (step % 5 === 1 || step % 5 === 4) jitsu.track("Viewed", mark);
        else if (step % 5 === 2) jitsu.page(mark);
        else jitsu.group("acme", mark);
      });
    }</script>
    <script async src="${host}/p.js" data-write-key="${WRITE_KEY}:anything" data-init-only="true"></script>`,
};
