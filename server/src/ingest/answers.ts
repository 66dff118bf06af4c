// What collection answers. Every SDK is content with exactly 200 and this body; every refusal is JSON with `code` and
// `message`, without which some SDKs repeat what can never succeed. CORS echoes the origin on every answer, refusals too:
// a browser that may not read a refusal repeats it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../core/errors.ts";

const success = Buffer.from('{"success":true,"ok":true,"msg":"ok"}');
const empty = Buffer.from("{}");
/** A transparent 1×1 GIF. */
const pixel = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

const jsonType = "application/json; charset=utf-8";

const allowedHeaders = [
  "authorization", "content-type", "content-encoding", "x-retry-count", "anonymousid", "sentat",
  "rsa-recovered", "rsa-retry-attempt", "rsa-since-last-attempt", "rsa-since-first-attempt", "rsa-retry-reason",
  "x-write-key", "x-enable-debug", "x-ip-policy", "cache-control",
].join(", ");

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
  readonly headers?: readonly string[];
}

export const successAnswer: Answer = { status: 200, type: jsonType, body: success };
export const emptyAnswer: Answer = { status: 200, type: jsonType, body: empty };
export const pixelAnswer: Answer = { status: 200, type: "image/gif", body: pixel, headers: ["cache-control", "no-store"] };

export function jsonAnswer(value: unknown, headers: readonly string[] = []): Answer {
  return { status: 200, type: jsonType, body: Buffer.from(JSON.stringify(value)), headers };
}

export function textAnswer(text: string): Answer {
  return { status: 200, type: "text/plain; charset=utf-8", body: Buffer.from(text) };
}

/** Retry-After is a whole number of seconds from 1 to 300: SDKs read no other form and believe no longer wait. */
export function errorAnswer(error: AppError): Answer {
  const body = Buffer.from(JSON.stringify({ code: error.code, message: error.message, hint: error.hint }));
  const seconds = error.retryAfterSeconds ?? (error.status === 429 || error.status === 503 ? 1 : undefined);
  const headers = seconds === undefined ? [] : ["retry-after", String(Math.min(300, Math.max(1, Math.ceil(seconds))))];
  return { status: error.status, type: jsonType, body, headers };
}

export function wrongMethodAnswer(methods: string): Answer {
  return { ...errorAnswer(new AppError("method_not_allowed")), headers: ["allow", methods] };
}

export function preflightAnswer(methods: string): Answer {
  return {
    status: 200,
    type: "text/plain; charset=utf-8",
    body: Buffer.alloc(0),
    headers: [
      "access-control-allow-methods", methods === "POST, OPTIONS" ? "GET, POST, OPTIONS" : methods,
      "access-control-allow-headers", allowedHeaders,
      "access-control-max-age", "86400",
    ],
  };
}

/** Sends an answer; returns its status. Does nothing when the sender has gone. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): number {
  if (response.headersSent || response.destroyed) return answer.status;
  const headers = ["content-type", answer.type, "x-content-type-options", "nosniff"];
  if (answer.status !== 304) headers.push("content-length", String(answer.body.length));
  const isPublic = answer.headers?.includes("access-control-allow-origin") === true;
  const origin = request.headers.origin;
  if (!isPublic) headers.push("vary", "Origin");
  if (origin !== undefined && !isPublic) {
    headers.push("access-control-allow-origin", origin, "access-control-allow-credentials", "true");
    headers.push("access-control-expose-headers", "retry-after");
  }
  if (answer.headers) headers.push(...answer.headers);
  response.writeHead(answer.status, headers);
  response.end(request.method === "HEAD" ? undefined : answer.body);
  return answer.status;
}
