// The serving alone: pages under their policy, files that may be kept for ever, and errors for programs.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createConsole } from "./console.ts";

const boot = { publicUrl: "https://cdp.example.com/\"><script>", version: "1" };
const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
let folder: string;
let server: FastifyInstance;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "trib-console-"));
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(isBuilt: boolean): Promise<void> {
  if (isBuilt) {
    await mkdir(join(folder, "assets"));
    await writeFile(join(folder, "index.html"), `<meta name="boot" content="__BOOT__"><meta nonce="__CSP_NONCE__"><p>page</p>`);
    await writeFile(join(folder, "assets/main-1a2b.js"), "export {};");
    await writeFile(join(folder, "assets/main-1a2b.js.gz"), "compressed");
  }
  server = Fastify();
  const pages = await createConsole({ folder, boot });
  server.setNotFoundHandler((request, reply) => pages.page(request, reply) ?? reply.code(404).send({ code: "not_found" }));
  server.get("/api/known", () => ({ ok: true }));
  await server.register(pages.plugin);
}

test.each(["/", "/sources/3", "/profiles/email:ann@example.com", "/profiles/%3Cscript%3E?tab=raw", "/healthy"])("%s is a page", async (url) => {
  await start(true);
  const answer = await server.inject({ url, headers: browser });
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toContain("<p>page</p>");
  expect(answer.headers["cache-control"]).toBe("no-cache");
  expect(answer.headers["x-content-type-options"]).toBe("nosniff");
});

test.each([
  "/api", "/api/v1/nothing", "/api/auth/nothing", "/v1/nothing", "/health/nothing", "/metrics/nothing", "/assets/gone-0.js",
])("%s is no page, whatever is accepted", async (url) => {
  await start(true);
  const answer = await server.inject({ url, headers: browser });
  expect(answer.statusCode).toBe(404);
  expect(answer.body).not.toContain("page");
});

test("a page is sent only to who reads pages, and only when it is asked for", async () => {
  await start(true);
  expect((await server.inject({ url: "/sources", headers: { accept: "application/json" } })).statusCode).toBe(404);
  expect((await server.inject({ url: "/sources", method: "POST", headers: browser })).statusCode).toBe(404);
  expect((await server.inject({ url: "/api/known", headers: browser })).json()).toEqual({ ok: true });
});

test("the policy allows no inline script and no frame, and its nonce is new with each page", async () => {
  await start(true);
  const [first, second] = [await server.inject({ url: "/", headers: browser }), await server.inject({ url: "/", headers: browser })];
  const policy = String(first.headers["content-security-policy"]);
  expect(policy).not.toContain("unsafe");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "none";
  expect(first.body).toContain(`nonce="${nonce}"`);
  expect(second.body).not.toContain(nonce);
});

test("what the page is told can't end the attribute that it stands in", async () => {
  await start(true);
  const { body } = await server.inject({ url: "/", headers: browser });
  expect(body).not.toContain("<script>");
  expect(body).toContain("https://cdp.example.com/\\&#34;&#62;&#60;script&#62;");
});

test("files with a hash in their name may be kept for ever, and go compressed", async () => {
  await start(true);
  const plain = await server.inject({ url: "/assets/main-1a2b.js" });
  expect(plain.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  expect(plain.headers["x-content-type-options"]).toBe("nosniff");
  const small = await server.inject({ url: "/assets/main-1a2b.js", headers: { "accept-encoding": "gzip" } });
  expect(small.headers["content-encoding"]).toBe("gzip");
  expect(small.headers["content-type"]).toMatch(/^(text|application)\/javascript/);
  expect(small.body).toBe("compressed");
});

test("nothing above the folder is served", async () => {
  await start(true);
  for (const url of ["/assets/..%2findex.html", "/assets/%2e%2e/index.html", "/assets/../index.html"]) {
    expect((await server.inject({ url })).statusCode, url).toBeGreaterThanOrEqual(400);
  }
});

test("without a build the page says how to make one", async () => {
  await start(false);
  const answer = await server.inject({ url: "/", headers: browser });
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toContain("node bin/build-console.cjs");
  const nonce = /nonce="([^"]+)"/.exec(answer.body)?.[1];
  expect(answer.headers["content-security-policy"]).toContain(`'nonce-${nonce}'`);
});
