// How long events took from the door to their profiles, now and over the day.
import { freshnessAnswer, freshnessQuery, freshnessSpansMs, noFreshnessCounts } from "@tributary/schema/api/freshness.ts";
import { AppError } from "../core/errors.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** The most rows of an answer by minute or by hour. */
const ROWS_MAX = 2_880;

export function freshnessRoutes(services: ApiServices): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/freshness",
      tag: "Ledger",
      scopes: ["read"],
      summary: "How long events took from receipt to profile",
      query: freshnessQuery,
      responses: { 200: freshnessAnswer },
      handle: async ({ query, workspaceId, nowMs }) => {
        const toMs = query.to === undefined ? nowMs : Date.parse(query.to);
        const fromMs = Math.floor((query.from === undefined ? toMs - DAY_MS : Date.parse(query.from)) / MINUTE_MS) * MINUTE_MS;
        const rowMs = query.by === "minute" ? MINUTE_MS : 60 * MINUTE_MS;
        if (fromMs >= toMs) throw new AppError("bad_request", { detail: "query.from: It must lie before `to`." });
        if ((toMs - fromMs) / rowMs > ROWS_MAX) throw new AppError("bad_request", { detail: `An answer has at most ${ROWS_MAX} rows.`, hint: "Ask for a shorter time, or by hour." });
        const { rows } = await services.deps.workspaceDb.run(workspaceId, (db) => db.query<{ at: Date; span: number; count: string }>(
          `select date_trunc($4, minute, 'UTC') as at, span, sum(count) as count from freshness
            where workspace_id = $1 and minute >= $2 and minute < $3 group by 1, 2 order by 1, 2`,
          [workspaceId, new Date(fromMs), new Date(toMs), query.by],
        ));
        const data = new Map<string, number[]>();
        const total = noFreshnessCounts();
        for (const row of rows) {
          const at = row.at.toISOString();
          let counts = data.get(at);
          if (!counts) data.set(at, (counts = noFreshnessCounts()));
          counts[row.span] = Number(row.count);
          total[row.span] = (total[row.span] ?? 0) + Number(row.count);
        }
        return {
          status: 200,
          body: {
            from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), spans_ms: [...freshnessSpansMs], total,
            data: [...data].map(([at, counts]) => ({ at, counts })),
          },
        };
      },
    }),
  ];
}
