// From a write key to the source that may be written to, or to the reason why not. Every refusal is counted, so that a wrong
// key is found.
import type { IncomingMessage } from "node:http";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { SourceDirectory, SourceEntry } from "../sources/source-directory.ts";
import type { IngestMetrics } from "./ingest-metrics.ts";
import type { RejectedKeys, RejectionReason } from "./rejected-keys.ts";
import { spellings } from "./write-key.ts";

/**
 * The usable source of a key, for a request from its origin; `body` is where the SDK's name is looked for when it is
 * refused. Throws KeyRefused, or AppError `unavailable` or `overloaded` when keys can't be looked up.
 */
export type Authenticate = (key: string | undefined, request: IncomingMessage, body?: Buffer) => Promise<SourceEntry>;

/** The same, and the key as it is known: what was sent may have a part after it that no look-up needs. */
export type AuthenticateKey = (key: string, request: IncomingMessage) => Promise<Found>;

export interface Found {
  readonly source: SourceEntry;
  readonly key: string;
}

/** Codes invalid_write_key and origin_not_allowed. */
export class KeyRefused extends AppError {}

const refusalDetails = {
  missing: "No write key was sent.",
  unknown: "No source has it.",
  disabled: "Its source is disabled.",
  revoked: "It was revoked.",
  expired: "Its time is over: it was replaced by another key.",
};

export function createAuthenticate(options: {
  readonly sources: SourceDirectory;
  readonly rejectedKeys: RejectedKeys;
  readonly metrics: IngestMetrics;
  readonly clock: Clock;
}): { readonly authenticate: Authenticate; readonly authenticateKey: AuthenticateKey } {
  const { sources, rejectedKeys, metrics, clock } = options;

  async function find(key: string): Promise<Found | undefined> {
    for (const spelling of spellings(key)) {
      const found = sources.find(spelling);
      const source = found instanceof Promise ? await found : found;
      if (source) return { source, key: spelling };
    }
    return undefined;
  }

  async function foundOrRefused(key: string | undefined, request: IncomingMessage, body?: Buffer): Promise<Found> {
    const found = key === undefined ? undefined : await find(key);
    const reason = reasonAgainst(key, found?.source, { origin: request.headers.origin, nowMs: clock.nowMs() });
    if (found && !reason) return found;
    const refused = reason ?? "unknown";
    rejectedKeys.count({ key: key ?? "", reason: refused, headers: request.headers, ...(body && { body }) });
    metrics.rejectedKey(refused);
    throw refused === "origin" ? new KeyRefused("origin_not_allowed") : new KeyRefused("invalid_write_key", { detail: refusalDetails[refused] });
  }

  return {
    authenticate: async (key, request, body) => (await foundOrRefused(key, request, body)).source,
    authenticateKey: foundOrRefused,
  };
}

interface Asked {
  readonly origin: string | undefined;
  readonly nowMs: number;
}

function reasonAgainst(key: string | undefined, entry: SourceEntry | undefined, { origin, nowMs }: Asked): RejectionReason | undefined {
  if (key === undefined) return "missing";
  if (!entry) return "unknown";
  if (entry.revoked) return "revoked";
  if (entry.expiresAtMs !== undefined && entry.expiresAtMs <= nowMs) return "expired";
  if (!entry.enabled) return "disabled";
  return originAllowed(entry, origin) ? undefined : "origin";
}

/** An empty list allows all; servers and phones send no origin. `https://*.example.com` allows every name below it. */
function originAllowed(source: SourceEntry, origin: string | undefined): boolean {
  if (origin === undefined || source.allowedOrigins.length === 0) return true;
  const sent = origin.toLowerCase();
  return source.allowedOrigins.some((allowed) => {
    const pattern = allowed.toLowerCase().replace(/\/$/, "");
    if (pattern === "*" || pattern === sent) return true;
    const star = pattern.indexOf("*.");
    if (star < 0) return false;
    const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
    return sent.startsWith(before) && sent.endsWith(after) && sent.length > before.length + after.length;
  });
}
