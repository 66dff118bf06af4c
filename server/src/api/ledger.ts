// The conservation law, checked whenever it is read: at every hop what came in is what went out, was held, or still waits.
// What waits is computed from positions in the log and from the outbox, independently of the pipeline's own counts.
import type { z } from "zod";
import { ledgerAnswer, ledgerQuery, type ledgerSource } from "@tributary/schema/api/events.ts";
import { AppError } from "../core/errors.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { iso } from "./iso.ts";
import { readByNow, readDedupeWindow, readSnapshot, type ByNow, type LedgerRow } from "./ledger-store.ts";
import { timeRangeOf, type TimeRange } from "./time-range.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const RANGE_MAX_DAYS = 400;

export function ledgerRoutes(services: ApiServices): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/ledger",
      tag: "Events",
      scopes: ["read"],
      summary: "Does every event add up?",
      description:
        "Per source and hop, over whole minutes of the time of receipt: received = decided (by outcome and reason), decided = " +
        "landed + failed + waiting to land. With `verify=true`, landed = in the event table + expired.",
      query: ledgerQuery,
      responses: { 200: ledgerAnswer },
      handle: async ({ query, workspaceId, nowMs }) => {
        const range = rangeOf(query, nowMs);
        return {
          status: 200,
          body: await readBalance(services, workspaceId, { ...range, source: query.source, verify: query.verify === "true" }),
        };
      },
    }),
  ];
}

function rangeOf(query: z.output<typeof ledgerQuery>, nowMs: number): TimeRange {
  const range = timeRangeOf(query, MINUTE_MS, nowMs);
  if (range.toMs - range.fromMs > RANGE_MAX_DAYS * DAY_MS)
    throw new AppError("bad_request", { detail: `query.from: At most ${RANGE_MAX_DAYS} days at once.` });
  return range;
}

export interface BalanceWish {
  readonly fromMs: number;
  readonly toMs: number;
  readonly source: number | undefined;
  readonly verify: boolean;
}

async function readBalance(services: ApiServices, workspaceId: number, wish: BalanceWish): Promise<z.input<typeof ledgerAnswer>> {
  const { pool, pipelineReader } = services.deps;
  const wasVerified = await services.deps.isSentVerified();
  const { progress, counts, unlanded, isExpiring } = await readSnapshot(pool, workspaceId, pipelineReader, wish);
  const unread = await services.ledgerGate.pass(() => services.progress.countUnread(workspaceId, progress, wish));
  const inTable = wish.verify ? await countTable(services, workspaceId, wish) : undefined;
  // What landed while the table was counted had been decided by now, and what was removed meanwhile had been counted as expired.
  const byNow = wish.verify ? await readByNow(pool, workspaceId, wish) : undefined;
  const ids = [
    ...new Set([...counts.map((row) => row.sourceId), ...unread.bySource.keys(), ...unlanded.keys(), ...(inTable?.keys() ?? [])]),
  ].toSorted((a, b) => a - b);
  const sources = ids.map((id) =>
    balanceOf(
      id,
      counts.filter((row) => row.sourceId === id),
      {
        toBeDecided: unread.bySource.get(id) ?? 0,
        isExact: unread.exact,
        toLand: unlanded.get(id) ?? 0,
        inTable: inTable === undefined ? null : (inTable.get(id) ?? 0),
        byNow: byNow?.get(id) ?? { decided: 0, expired: 0 },
        isExpiring,
      },
    ),
  );
  const imbalances = sources.flatMap((source) => source.imbalances);
  const window = await readDedupeWindow(pool, services.deps.clock.nowMs());
  return {
    from: iso(wish.fromMs),
    to: iso(wish.toMs),
    balanced: imbalances.length === 0,
    imbalances,
    // What came to light, or was mended, while the table was counted leaves its number open.
    verified: wasVerified && (await services.deps.isSentVerified()),
    sources: sources.map((source) => source.shown),
    waiting_to_be_read: {
      events: sources.reduce((total, source) => total + source.shown.waiting_to_be_decided, 0),
      unread_chunks: Math.max(0, progress.headOffset - progress.readOffset),
      exact: unread.exact,
    },
    dedupe_window: { days: window.days, since: window.since },
  };
}

type Balance = z.input<typeof ledgerSource>;

interface Waiting {
  readonly toBeDecided: number;
  /** False: there is too much to count, and `toBeDecided` is a lower bound. */
  readonly isExact: boolean;
  readonly toLand: number;
  readonly inTable: number | null;
  readonly byNow: ByNow;
  readonly isExpiring: boolean;
}

function balanceOf(
  sourceId: number,
  rows: readonly LedgerRow[],
  waiting: Waiting,
): { readonly shown: Balance; readonly imbalances: readonly string[] } {
  const ofHop = (hop: string) => rows.filter((row) => row.hop === hop).map(({ outcome, reason, count }) => ({ outcome, reason, count }));
  const sum = (counts: readonly { readonly count: number }[]) => counts.reduce((total, row) => total + row.count, 0);
  const received = ofHop("received");
  const decisions = ofHop("decided");
  const landings = ofHop("landed").filter(({ outcome }) => outcome !== "failed");
  const failures = ofHop("landed").filter(({ outcome }) => outcome === "failed");
  const shown = {
    source_id: sourceId,
    // Counted by the log in the transaction that makes a chunk durable. A log that can't count there leaves it to the positions.
    received: received.length > 0 ? sum(received) : sum(decisions) + waiting.toBeDecided,
    waiting_to_be_decided: waiting.toBeDecided,
    decided: sum(decisions),
    decisions,
    landed: sum(landings),
    landings,
    waiting_to_land: waiting.toLand,
    failed: sum(failures),
    failures,
    expired: sum(ofHop("expired")),
    in_event_table: waiting.inTable,
  };
  const imbalances = imbalancesOf(shown, waiting);
  return { shown: { ...shown, balanced: imbalances.length === 0 }, imbalances };
}

function imbalancesOf(balance: Omit<Balance, "balanced">, waiting: Waiting): string[] {
  const found: string[] = [];
  const name = balance.source_id === 0 ? "The workspace's own changes" : `Source ${balance.source_id}`;
  const accounted = balance.decided + balance.waiting_to_be_decided;
  if (waiting.isExact ? balance.received !== accounted : balance.received < accounted) {
    found.push(
      `${name}: received ${balance.received}, decided ${balance.decided}, waiting to be decided ${balance.waiting_to_be_decided}.`,
    );
  }
  const failed = balance.failed === 0 ? "" : `, failed ${balance.failed}`;
  if (balance.decided !== balance.landed + balance.failed + balance.waiting_to_land) {
    found.push(`${name}: decided ${balance.decided}, landed ${balance.landed}${failed}, waiting to land ${balance.waiting_to_land}.`);
  }
  const inTable = balance.in_event_table;
  const least = balance.landed - waiting.byNow.expired;
  const most = waiting.byNow.decided - (waiting.isExpiring ? 0 : balance.expired);
  if (inTable !== null && (inTable < least || inTable > most)) {
    const expired = balance.expired === 0 ? "" : `, expired ${balance.expired}`;
    found.push(`${name}: landed ${balance.landed}${expired}, and the event table holds ${inTable}.`);
  }
  return found;
}

/** Rows that the event table itself holds, by source. */
async function countTable(services: ApiServices, workspaceId: number, wish: BalanceWish): Promise<Map<number, number>> {
  const rows = await services.scan<{ source_id: number; count: number }>(
    workspaceId,
    `select source_id, count() as count from events
      where workspace_id = {workspace:UInt32} and received_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and received_at <
        fromUnixTimestamp64Milli({to:Int64}, 'UTC')
        ${wish.source === undefined ? "" : "and source_id = {source:UInt32}"}
      group by source_id`,
    { from: wish.fromMs, to: wish.toMs, ...(wish.source === undefined ? {} : { source: wish.source }) },
  );
  return new Map(rows.map((row) => [row.source_id, row.count]));
}
