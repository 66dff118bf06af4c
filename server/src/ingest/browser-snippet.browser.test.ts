// analytics.js as we serve it, in a real Chromium: a page of another origin loads it by a snippet in which only the host
// is ours, and what it sends arrives, preflight and all. Skipped where there is no Chromium (CHROMIUM_PATH names one).
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestIngest, writeKey, type StoredRecord, type TestDoor, type TestIngest } from "./testing.ts";

const candidates = [process.env["CHROMIUM_PATH"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = candidates.find((path) => path !== undefined && existsSync(path));

/** What a snippet does: collects calls in an array until the script, loaded from `host`, takes them over. */
const pageWith = (host: string): string => `<!doctype html><title>Shop</title><script>
  var analytics = window.analytics = [];
  ["identify", "track", "page", "group", "alias", "screen", "ready"].forEach(function (method) {
    analytics[method] = function () { analytics.push([method].concat([].slice.call(arguments))); return analytics; };
  });
  analytics._writeKey = "${writeKey}";
  analytics.page("Home");
  analytics.identify("u1", { email: "ann@example.com" });
  analytics.track("Viewed", { price: 1.5 });
  var script = document.createElement("script");
  script.async = true;
  script.src = "${host}/analytics.js/v1/${writeKey}/analytics.min.js";
  document.head.appendChild(script);
</script>`;

describe.skipIf(executablePath === undefined)("Segment's analytics.js in a browser", () => {
  let ingest: TestIngest;
  let door: TestDoor;
  let browser: Browser;
  let site: Server;
  beforeAll(async () => {
    ingest = await startTestIngest();
    // PUBLIC_URL holds the port, which is known only once a server listens.
    const port = await freePort();
    door = await ingest.open({ publicUrl: `http://127.0.0.1:${port}`, port });
    site = createServer((_request, response) => void response.setHeader("content-type", "text/html").end(pageWith(`http://127.0.0.1:${port}`)));
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    browser = await chromium.launch({ args: ["--no-sandbox"], ...(executablePath && { executablePath }) });
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
    await ingest.stop();
  });

  test("loads from us, sends to us and to nobody else", async () => {
    const page = await browser.newPage();
    const hosts = new Set<string>();
    const errors: string[] = [];
    page.on("request", (request) => hosts.add(new URL(request.url()).host));
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => void (message.type() === "error" && errors.push(message.text())));
    const { port } = site.address() as AddressInfo; // listens on TCP, so it is no text.
    await page.goto(`http://localhost:${port}/?ajs_event=Opened`);
    const records: StoredRecord[] = [];
    while (records.length < 4) {
      records.push(...(await ingest.stored()));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(records.map(({ header }) => header.type).sort()).toEqual(["identify", "page", "track", "track"]);
    expect(new Set(records.map(({ header }) => header.origin))).toEqual(new Set([`http://localhost:${port}`]));
    expect(errors.filter((text) => !text.includes("favicon"))).toEqual([]);
    // The last of these calls comes out of the address, by a part of the script that is loaded on its own.
    expect(records.flatMap(({ events }) => events).join()).toContain('"event":"Opened"');
    expect([...hosts].sort()).toEqual([`127.0.0.1:${door.port}`, `localhost:${port}`]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listens on TCP, so it is no text.
  await new Promise((resolve) => server.close(resolve));
  return port;
}
