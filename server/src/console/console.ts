// Serves the console: the built files of console/dist, and index.html for every address that is a page. What it sends
// stands under a policy without inline scripts; the one nonce, new with each page, is for styles that are made as it runs.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

export interface ConsoleOptions {
  /** Where the built console is; it may be missing. */
  readonly folder: string;
  /** What the page is told when it starts. */
  readonly boot: ConsoleBoot;
}

export interface ConsoleBoot {
  /** The address that SDKs send to. */
  readonly publicUrl: string;
  readonly version: string;
}

export interface Console {
  /** Registers the built files. */
  readonly plugin: (server: FastifyInstance) => Promise<void>;
  /** Answers with the page when the request is for one; undefined when it is for something else. */
  readonly page: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;
}

const NONCE = "__CSP_NONCE__";
const BOOT = "__BOOT__";
const ASSETS_AGE_MS = 365 * 24 * 3_600_000;
/** Addresses of programs, which get an error they can read and never a page. */
const forPrograms = /^\/(api|v1|health|metrics|assets|analytics-next|analytics\.js|projects|sourceConfig)(\/|$)/;

export async function createConsole({ folder, boot }: ConsoleOptions): Promise<Console> {
  const assets = join(folder, "assets");
  const isBuilt = existsSync(join(folder, "index.html")) && existsSync(assets);
  const index = isBuilt ? await readFile(join(folder, "index.html"), "utf8") : notBuilt;
  const page = index.replaceAll(BOOT, attribute(JSON.stringify(boot)));
  return {
    plugin: async (server) => {
      if (!isBuilt) return;
      await server.register(fastifyStatic, {
        root: assets, prefix: "/assets/", decorateReply: false, index: false, immutable: true, maxAge: ASSETS_AGE_MS, preCompressed: true,
        setHeaders: (reply) => void reply.header("x-content-type-options", "nosniff"),
      });
    },
    page: (request, reply) => {
      if (!isPage(request)) return undefined;
      const nonce = randomBytes(16).toString("base64");
      return reply
        .code(200)
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", policy(nonce))
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
        .header("cache-control", "no-cache")
        .send(page.replaceAll(NONCE, nonce));
    },
  };
}

function policy(nonce: string): string {
  return [
    "default-src 'none'", "script-src 'self'", `style-src 'self' 'nonce-${nonce}'`, "img-src 'self' data:", "font-src 'self'", "connect-src 'self'",
    "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
  ].join("; ");
}

function isPage(request: FastifyRequest): boolean {
  const path = request.url.split("?", 1)[0] ?? "/";
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  return /\btext\/html\b/.test(request.headers.accept ?? "") && !forPrograms.test(path);
}

/** Text as it may stand in a quoted attribute. */
function attribute(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const notBuilt = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Tributary</title><link rel="icon" href="data:,">
<style nonce="${NONCE}">body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:12vh auto;padding:0 16px}</style></head>
<body><h1>The console is not built</h1>
<p>This server answers, and takes events in. Its pages are built by <code>npm start</code>, or by
<code>node bin/build-console.cjs</code> in its folder; start the server again after that.</p>
<p><a href="/api/docs">Reference of the API</a></p></body></html>`;
