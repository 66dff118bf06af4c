// The ledger over time, for charts: the same counts as the balance, by the minute, hour or day of receipt. The workspace's own
// changes are not among them.
import { z } from "zod";
import { ledgerBucketList, ledgerBucketQuery, type LedgerBucket } from "@tributary/schema/api/ledger-buckets.ts";
import { AppError } from "../core/errors.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { iso } from "./iso.ts";
import { timeRangeOf, type TimeRange } from "./time-range.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const BUCKET_MS = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: DAY_MS } as const;
/** A day of minutes, a month of hours, more than a year of days. */
const BUCKETS_MAX = 1_500;

export function ledgerBucketRoutes(services: ApiServices): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/ledger/buckets",
      tag: "Events",
      scopes: ["read"],
      summary: "What came in and what became of it, over time",
      description: "By the time of receipt. The sums are those of /ledger over the same span; what waits to be decided is in no outcome yet.",
      query: ledgerBucketQuery,
      responses: { 200: ledgerBucketList },
      handle: async ({ query, workspaceId, nowMs }) => {
        const range = rangeOf(query, nowMs);
        const { rows } = await services.deps.workspaceDb.run(workspaceId, (db) => db.query<Row>(
          `select floor(extract(epoch from minute) * 1000 / $4)::bigint as bucket, case when $6 then source_id end as source, hop, outcome, sum(count) as count, max(minute) as last from ledger
            where workspace_id = $1 and minute >= $2 and minute < $3 and source_id > 0 and ($5::integer is null or source_id = $5)
              and hop in ('received', 'decided', 'landed')
            group by 1, 2, 3, 4 having sum(count) <> 0 order by 1, 2, 3, 4`,
          [workspaceId, new Date(range.fromMs), new Date(range.toMs), BUCKET_MS[query.by], query.source ?? null, query.per_source === "true" || query.source !== undefined],
        ));
        return { status: 200, body: { from: iso(range.fromMs), to: iso(range.toMs), by: query.by, data: bucketsOf(rows, BUCKET_MS[query.by]) } };
      },
    }),
  ];
}

interface Row {
  readonly bucket: string;
  readonly source: number | null;
  readonly hop: string;
  readonly outcome: string;
  readonly count: string;
  readonly last: Date;
}

/** Rows in the order of their buckets become one entry for each. */
function bucketsOf(rows: readonly Row[], sizeMs: number): LedgerBucket[] {
  const buckets: LedgerBucket[] = [];
  for (const { bucket, source, hop, outcome, count: text, last: minute } of rows) {
    const at = iso(Number(bucket) * sizeMs);
    const last = buckets.at(-1);
    const entry = last?.at === at && last.source_id === source ? last : { at, source_id: source, received: 0, outcomes: {}, landed: 0, failed: 0, last_minute: null };
    if (entry !== last) buckets.push(entry);
    const count = Number(text);
    if (hop === "received") Object.assign(entry, { received: entry.received + count, last_minute: minute.toISOString() });
    else if (hop === "decided") entry.outcomes[outcome] = count;
    else if (outcome === "failed") entry.failed += count;
    else entry.landed += count;
  }
  return buckets;
}

function rangeOf(query: z.output<typeof ledgerBucketQuery>, nowMs: number): TimeRange {
  const size = BUCKET_MS[query.by];
  const range = timeRangeOf(query, size, nowMs);
  if ((range.toMs - range.fromMs) / size > BUCKETS_MAX) throw new AppError("bad_request", { detail: `query.from: At most ${BUCKETS_MAX} buckets at once; take larger ones or less time.` });
  return range;
}
