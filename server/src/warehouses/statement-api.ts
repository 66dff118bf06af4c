// What the HTTP interfaces of cloud warehouses have in common: JSON that is asked for and checked, a statement that is waited for, and pages
// that are tried again when the service is busy for a moment.
import { isRecord } from "@tributary/schema/is-record.ts";
import { OutboundError, type OutboundReply, type OutboundRequest } from "../outbound/outbound.ts";
import type { At } from "./define-warehouse.ts";
import type { SizedRow } from "./pulled-rows.ts";
import { WarehouseError, type Column, type Value } from "./warehouse.ts";

/** Of one page, unpacked; the services' own pages are smaller. */
const PAGE_BYTES_MAX = 96 * 1024 * 1024;
const ATTEMPTS = 4;
const POLL_FIRST_MS = 200;
const POLL_MAX_MS = 3_000;

export type Json = Readonly<Record<string, unknown>>;

export interface Asked {
  readonly status: number;
  readonly body: Json;
}

export type Failed = (status: number, body: Json, reply: OutboundReply) => WarehouseError;

/** The reply's JSON object; of a status that is no success, `failed` makes the error. Throws WarehouseError or OutboundError. */
export async function askJson(at: At, request: Omit<OutboundRequest, "signal">, failed: Failed, { isRepeatable = false } = {}): Promise<Asked> {
  for (let attempt = 1; ; attempt += 1) {
    const isLast = !isRepeatable || attempt === ATTEMPTS;
    try {
      const reply = await at.fetch({ responseBytesMax: PAGE_BYTES_MAX, timeoutMs: 120_000, ...request });
      const isBusy = reply.status === 429 || reply.status === 502 || reply.status === 503 || reply.status === 504;
      if (!isBusy || isLast) return read(reply, failed);
    } catch (error) {
      const isBrief = error instanceof OutboundError && ["connection_failed", "reply_broken", "timeout"].includes(error.failure);
      if (!isBrief || isLast) throw error;
    }
    await pause(at, 150 * 2 ** attempt);
  }
}

function read(reply: OutboundReply, failed: Failed): Asked {
  if (reply.status >= 300 && reply.status < 400) throw new WarehouseError("broken", "It answered with a redirect, and redirects are not followed.");
  const body = parsed(reply.body);
  if (reply.status >= 400) throw failed(reply.status, body ?? {}, reply);
  if (body === undefined) throw new WarehouseError("broken", "What answered sent no JSON object.");
  return { status: reply.status, body };
}

function parsed(bytes: Buffer): Json | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const pause = (at: At, ms: number): Promise<void> => new Promise((resolve, reject) => {
  const timer = setTimeout(() => {
    at.signal.removeEventListener("abort", giveUp);
    resolve();
  }, ms);
  const giveUp = (): void => {
    clearTimeout(timer);
    reject(new WarehouseError("aborted", "It was no longer waited for."));
  };
  at.signal.addEventListener("abort", giveUp, { once: true });
  if (at.signal.aborted) giveUp();
});

/** Asks until it is done; the deadline of the whole call ends it. */
export async function waitFor<T>(at: At, ask: () => Promise<T | undefined>): Promise<T> {
  for (let ms = POLL_FIRST_MS; ; ms = Math.min(ms * 1.5, POLL_MAX_MS)) {
    const done = await ask();
    if (done !== undefined) return done;
    await pause(at, ms);
  }
}

/** A cancelling is asked for once and not waited for long: who leaves doesn't want to hear how it went. */
export async function letGo(at: At, request: Omit<OutboundRequest, "signal">): Promise<void> {
  await at.parts.outbound.fetch({ ...request, timeoutMs: 3_000 }).catch(() => undefined);
}

export const textIn = (value: unknown): string => (typeof value === "string" ? value : "");
export const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const recordIn = (value: unknown): Json => (isRecord(value) ? value : {});

/** Rows that came as lists of texts; what is no such list ends the reading. */
export function* rowsOfCells(rows: unknown, columns: readonly Column[], readers: readonly ((text: string) => Value)[], name: string): Generator<SizedRow> {
  if (!Array.isArray(rows)) throw new WarehouseError("broken", `A page of ${name} has no rows.`);
  for (const cells of rows as readonly unknown[]) {
    if (!Array.isArray(cells) || cells.length !== columns.length) throw new WarehouseError("broken", `A row of ${name} has not as many values as there are columns.`);
    let bytes = 0;
    const entries = columns.map(({ name: column }, index): [string, Value] => {
      const cell: unknown = cells[index];
      const text = typeof cell === "string" ? cell : cell === null || cell === undefined ? undefined : JSON.stringify(cell);
      bytes += text?.length ?? 0;
      return [column, text === undefined ? null : readers[index]?.(text) ?? null];
    });
    yield { row: Object.fromEntries(entries), bytes };
  }
}

/** The statement as a part of ours, which nothing but a query can be: where nothing can be declared as read-only, this keeps it so. */
export function asSubquery(sql: string, rowsMax: number | undefined): string {
  return `SELECT * FROM (\n${sql.replace(/(\s*;)+\s*$/, "")}\n) AS tributary_rows${rowsMax === undefined ? "" : ` LIMIT ${rowsMax}`}`;
}
