// The live tail: one poller per workspace over newly landed rows, however many listen, and none when nobody does. Blocks may
// land out of order, so a poll looks back a while and shows each row once. Everything is bounded: listeners, rows per poll
// (above that a sample is shown and the rest counted), what is remembered, and what waits for a slow listener.
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { EventRow } from "@tributary/schema/api/events.ts";
import { AppError } from "../core/errors.ts";
import type { ApiServices } from "./api-services.ts";
import { EVENT_COLUMNS, eventsWithOwners, visibleEvents, type StoredEventRow } from "./event-rows.ts";

/** Conditions on rows of `events`, as SQL of ours with parameters. */
export interface TailFilter {
  readonly conditions: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Listening {
  readonly workspaceId: number;
  readonly filter: TailFilter;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** An event as this listener may see it. */
  readonly shown: (event: EventRow) => EventRow;
  /** Whether the token that opened the stream still holds; asked again and again while it is open. */
  readonly isAdmitted: () => Promise<boolean>;
}

export interface LiveTail {
  /** Takes the connection over. Throws `rate_limited` when too many listen already. */
  listen(listening: Listening): Promise<void>;
  listeners(): number;
  /** Ends every stream and waits for the pollers. */
  close(): Promise<void>;
}

/** How long a row may land after one with a larger row_id and still be shown. */
const LATE_MS = 5_000;
/** The most row ids that one poll reads and remembers. */
const ROWS_READ_MAX = 10_000;
/** How far a returning listener is taken back. */
const RESUME_ROWS_MAX = 1_000;
const RETRY_AFTER_ERROR_MS = 2_000;

interface Listener {
  readonly shown: Listening["shown"];
  readonly send: (text: string) => void;
  readonly isSlow: () => boolean;
  readonly end: () => void;
  /** Rows that it was too slow for, since it was last told. */
  missed: number;
}

/** Listeners with the same filter share one question. */
interface Feed {
  readonly workspaceId: number;
  readonly filter: TailFilter;
  readonly listeners: Set<Listener>;
  readonly seen: Map<number, number>;
  floor: number;
  running: Promise<void>;
}

export function createLiveTail(services: ApiServices): LiveTail {
  const { limits, deps } = services;
  const feeds = new Map<string, Feed>();
  let isClosed = false;

  const count = (workspaceId?: number) => {
    let total = 0;
    for (const feed of feeds.values()) if (workspaceId === undefined || feed.workspaceId === workspaceId) total += feed.listeners.size;
    return total;
  };

  async function listen({ workspaceId, filter, request, reply, shown, isAdmitted }: Listening): Promise<void> {
    if (isClosed) throw new AppError("unavailable");
    if (count() >= limits.tailListenersMax || count(workspaceId) >= limits.tailListenersPerWorkspace) {
      throw new AppError("rate_limited", {
        detail: `At most ${limits.tailListenersPerWorkspace} may watch a workspace at once.`,
        retryAfterSeconds: 10,
      });
    }
    const resumeFrom = lastEventId(request.headers["last-event-id"]);
    const listener = openStream(reply, shown, limits.tailBufferBytesMax);
    const key = JSON.stringify([workspaceId, filter]);
    const feed = feeds.get(key) ?? { workspaceId, filter, listeners: new Set(), seen: new Map(), floor: -1, running: Promise.resolve() };
    feed.listeners.add(listener);
    const keepAlive = setInterval(() => listener.send(": still here\n\n"), limits.tailKeepAliveMs).unref();
    const recheck = setInterval(() => {
      // A check that fails is no refusal: the next one decides.
      isAdmitted().then((isAllowed) => (isAllowed ? undefined : dismiss(feed, listener)), () => undefined);
    }, limits.tailTokenCheckMs).unref();
    request.raw.once("close", () => {
      clearInterval(keepAlive);
      clearInterval(recheck);
      feed.listeners.delete(listener);
    });
    if (!feeds.has(key)) {
      feeds.set(key, feed);
      feed.running = run(key, feed);
    }
    listener.send("retry: 2000\n: watching\n\n");
    if (resumeFrom === undefined) return;
    try {
      await resume(feed, listener, resumeFrom);
    } catch {
      // The answer has begun, so the listener is told in the stream, and ends: its next try takes up at the same place.
      listener.send(`event: problem\ndata: ${JSON.stringify({ message: "What was missed could not be read. Connect again." })}\n\n`);
      listener.end();
    }
  }

  async function run(key: string, feed: Feed): Promise<void> {
    while (!isClosed && feed.listeners.size > 0) {
      let waitMs: number = limits.tailPollMs;
      try {
        await poll(feed);
      } catch (error) {
        // A poll that fails is tried again: the listeners stay, and see the rows later.
        deps.logger.warn({ code: error instanceof AppError ? error.code : "engine" }, "the live tail could not read; trying again");
        waitMs = RETRY_AFTER_ERROR_MS;
      }
      await sleep(waitMs);
    }
    feeds.delete(key);
  }

  async function poll(feed: Feed): Promise<void> {
    const nowMs = deps.clock.nowMs();
    if (feed.floor < 0) feed.floor = await newestRow(feed);
    const rows = await services.scan<{ row_id: number }>(
      feed.workspaceId,
      `select row_id from events where workspace_id = {workspace:UInt32} and row_id > {floor:UInt64} and ${feed.filter.conditions}
        order by row_id desc limit {limit:UInt32}`,
      { ...feed.filter.params, floor: feed.floor, limit: ROWS_READ_MAX },
    );
    const fresh = rows.map((row) => row.row_id).filter((row) => !feed.seen.has(row));
    for (const row of fresh) feed.seen.set(row, nowMs);
    forgetOld(feed, nowMs);
    if (fresh.length === 0) return;
    const shown = sample(fresh, limits.tailRowsPerPoll);
    const events = await readRows(feed, shown);
    for (const listener of feed.listeners) tell(listener, events, fresh.length - shown.length);
  }

  /** The largest row that has landed: what came before is not shown. */
  async function newestRow(feed: Feed): Promise<number> {
    const rows = await services.scan<{ row_id: number }>(
      feed.workspaceId,
      "select max(row_id) as row_id from events where workspace_id = {workspace:UInt32}",
      {},
    );
    return rows[0]?.row_id ?? 0;
  }

  async function readRows(feed: Feed, rowIds: readonly number[]): Promise<EventRow[]> {
    const rows = await services.scan<StoredEventRow>(
      feed.workspaceId,
      `select ${EVENT_COLUMNS} from events where workspace_id = {workspace:UInt32} and row_id in {rows:Array(UInt64)} order by row_id`,
      { rows: rowIds },
    );
    const keysOf = await services.eventKeys(feed.workspaceId);
    const found = await deps.workspaceDb.run(feed.workspaceId, (db) => eventsWithOwners(db, feed.workspaceId, rows, keysOf));
    return visibleEvents(found, feed.filter.params);
  }

  async function resume(feed: Feed, listener: Listener, from: number): Promise<void> {
    const rows = await services.scan<{ row_id: number }>(
      feed.workspaceId,
      `select row_id from events where workspace_id = {workspace:UInt32} and row_id > {from:UInt64} and ${feed.filter.conditions}
        order by row_id desc limit {limit:UInt32}`,
      { ...feed.filter.params, from, limit: RESUME_ROWS_MAX + 1 },
    );
    const known = rows.slice(0, RESUME_ROWS_MAX).map((row) => row.row_id);
    tell(listener, await readRows(feed, known), rows.length - known.length);
  }

  return {
    listen,
    listeners: () => count(),
    async close() {
      isClosed = true;
      const running = [...feeds.values()].map((feed) => feed.running);
      for (const feed of feeds.values()) for (const listener of feed.listeners) listener.end();
      await Promise.all(running);
    },
  };
}

/** Shows nothing more from this moment on, however slowly the connection ends. */
function dismiss(feed: Feed, listener: Listener): void {
  feed.listeners.delete(listener);
  listener.send(`event: problem\ndata: ${JSON.stringify({ message: "The token was revoked or has expired." })}\n\n`);
  listener.end();
}

/** Rows seen longest ago are forgotten, and the floor rises to them: nothing below it is looked at again. */
function forgetOld(feed: Feed, nowMs: number): void {
  for (const [row, seenAtMs] of feed.seen) {
    if (seenAtMs > nowMs - LATE_MS && feed.seen.size <= ROWS_READ_MAX) break;
    feed.seen.delete(row);
    feed.floor = Math.max(feed.floor, row);
  }
}

/** Evenly over the rows, oldest first. */
function sample(rowsNewestFirst: readonly number[], limit: number): number[] {
  const rows = rowsNewestFirst.toReversed();
  if (rows.length <= limit) return rows;
  const step = rows.length / limit;
  return Array.from({ length: limit }, (_, index) => rows[Math.floor(index * step)] ?? 0);
}

function tell(listener: Listener, events: readonly EventRow[], leftOut: number): void {
  if (listener.isSlow()) {
    listener.missed += events.length + leftOut;
    return;
  }
  if (listener.missed > 0) listener.send(skipped(listener.missed, "This connection takes events more slowly than they come in."));
  listener.missed = 0;
  for (const event of events) listener.send(`id: ${event.row_id}\nevent: event\ndata: ${JSON.stringify(listener.shown(event))}\n\n`);
  if (leftOut > 0)
    listener.send(skipped(leftOut, "More events come in than are shown here; this is a sample. Narrow the filter to see them all."));
}

function skipped(count: number, message: string): string {
  return `event: skipped\ndata: ${JSON.stringify({ count, message })}\n\n`;
}

function lastEventId(header: string | string[] | undefined): number | undefined {
  const id = Number(typeof header === "string" && header !== "" ? header : Number.NaN);
  return Number.isSafeInteger(id) && id >= 0 ? id : undefined;
}

function openStream(reply: FastifyReply, shown: Listening["shown"], bufferBytesMax: number): Listener {
  const { raw } = reply;
  // What hooks have set (request id, security headers) is kept: a hijacked reply does not send it by itself.
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  reply.hijack();
  raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no" });
  raw.on("error", () => raw.destroy());
  return {
    shown,
    send: (text) => {
      if (!raw.writableEnded && !raw.destroyed) raw.write(text);
    },
    isSlow: () => raw.writableLength > bufferBytesMax,
    end: () => void raw.end(),
    missed: 0,
  };
}
