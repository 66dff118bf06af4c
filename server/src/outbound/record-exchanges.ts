// What is kept of an exchange for people to look at: request and reply, cut at a size, without secrets.
import { hash } from "node:crypto";
import { createSecretCutter, type SecretCutter } from "./cut-secrets.ts";
import { OutboundError, type OutboundClient, type OutboundReply, type OutboundRequest } from "./outbound-client.ts";

/** One request and its reply, without secrets: the Authorization header and the settings' values are cut out. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Cut at `exchangeBytesMax`. */
  readonly requestBody: string;
  readonly status: number | undefined;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string;
  /** Why there is no reply. */
  readonly failure?: string | undefined;
  /** SHA-256 of the bodies as they went and came, whole. */
  readonly requestHash?: string | undefined;
  readonly responseHash?: string | undefined;
  readonly startedAtMs: number;
  readonly tookMs: number;
}

export const exchangeBytesMax = 64_000;
/** Of an address or a header's value. */
const LINE_LENGTH_MAX = 8_000;

export interface Recording {
  readonly client: OutboundClient;
  /** In the order in which they ended. */
  readonly exchanges: readonly Exchange[];
}

export interface RecordOptions {
  /** Values to be cut out: the connection's secret settings and tokens (`secretTexts`). */
  readonly secrets: readonly string[];
  readonly nowMs?: () => number;
}

/** A client that does as `client` does, and tells what passed. */
export function recordExchanges(client: OutboundClient, { secrets, nowMs = Date.now }: RecordOptions): Recording {
  const cutter = createSecretCutter(secrets);
  const exchanges: Exchange[] = [];
  const record = (request: OutboundRequest, startedAtMs: number, tookMs: number, outcome: OutboundReply | OutboundError | undefined): void => {
    exchanges.push({ ...shownRequest(cutter, request), ...shownOutcome(cutter, outcome), startedAtMs, tookMs });
  };
  return {
    exchanges,
    client: {
      async fetch(request) {
        const startedAtMs = nowMs();
        const startedMs = performance.now();
        const tookMs = (): number => Math.round(performance.now() - startedMs);
        try {
          const reply = await client.fetch(request);
          record(request, startedAtMs, tookMs(), reply);
          return reply;
        } catch (error) {
          record(request, startedAtMs, tookMs(), error instanceof OutboundError ? error : undefined);
          throw error;
        }
      },
    },
  };
}

function shownRequest(cutter: SecretCutter, { method, url, headers, body }: OutboundRequest) {
  return {
    method: method.toUpperCase(), url: cutter.url(url).slice(0, LINE_LENGTH_MAX), requestHeaders: shownHeaders(cutter, headers ?? {}), requestBody: shownBody(cutter, body ?? ""), requestHash: hash("sha256", body ?? ""),
  };
}

function shownOutcome(cutter: SecretCutter, outcome: OutboundReply | OutboundError | undefined) {
  const isReply = outcome !== undefined && "body" in outcome;
  if (isReply) return { status: outcome.status, responseHeaders: shownHeaders(cutter, outcome.headers), responseBody: shownBody(cutter, outcome.body), responseHash: hash("sha256", outcome.body) };
  return { status: outcome?.status, responseHeaders: {}, responseBody: "", failure: cutter.text(outcome?.message ?? "The request could not be made.") };
}

function shownHeaders(cutter: SecretCutter, headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(cutter.headers(headers)).map(([name, value]) => [name, value.slice(0, LINE_LENGTH_MAX)]));
}

/** So much of a body as is kept, and as far beyond it as a secret may reach. */
function shownBody(cutter: SecretCutter, body: string | Uint8Array): string {
  // A character has at most three bytes here, or four for two.
  const text = typeof body === "string" ? body.slice(0, exchangeBytesMax + cutter.reach) : textOf(body, exchangeBytesMax + cutter.reach * 3);
  if (text === undefined) return `[${body.length} bytes that are no text]`;
  return cutToBytes(cutter.text(text, exchangeBytesMax), exchangeBytesMax);
}

function textOf(bytes: Uint8Array, bytesMax: number): string | undefined {
  try {
    // As a stream: a character that the cut goes through is left out.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, bytesMax), { stream: bytes.length > bytesMax });
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

function cutToBytes(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytesMax), { stream: true });
}
