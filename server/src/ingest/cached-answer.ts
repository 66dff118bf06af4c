// Answers that may be kept by whoever asked: with an ETag, and 304 to those who have them. They are open to every origin:
// nothing in them is anybody's secret, and a page of any site may load them.
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Answer } from "./answers.ts";
import type { BrowserFile } from "./browser-library.ts";

export function etagOf(body: Buffer): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
}

export function cachedAnswer(request: IncomingMessage, reply: Answer, maxAgeSeconds: number): Answer {
  const etag = etagOf(reply.body);
  const headers = ["cache-control", `public, max-age=${maxAgeSeconds}`, "etag", etag, "access-control-allow-origin", "*"];
  return hasIt(request, etag) ? { status: 304, type: reply.type, body: Buffer.alloc(0), headers } : { ...reply, headers };
}

export function fileAnswer(request: IncomingMessage, file: BrowserFile, cacheControl: string): Answer {
  const type = "text/javascript; charset=utf-8";
  const headers = ["cache-control", cacheControl, "etag", file.etag, "access-control-allow-origin", "*", "vary", "accept-encoding"];
  if (hasIt(request, file.etag)) return { status: 304, type, body: Buffer.alloc(0), headers };
  const takesGzip = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  if (!takesGzip) return { status: 200, type, body: file.plain, headers };
  return { status: 200, type, body: file.gzipped, headers: [...headers, "content-encoding", "gzip"] };
}

function hasIt(request: IncomingMessage, etag: string): boolean {
  return request.headers["if-none-match"]?.split(",").some((sent) => sent.trim().replace(/^W\//, "") === etag) === true;
}
