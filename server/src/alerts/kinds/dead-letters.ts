// A destination refuses too much of what it is sent: dead letters of the last hour, against what was delivered.
import { z } from "zod";
import { defineAlertKind } from "../alert-kind.ts";

const params = z.strictObject({
  percent: z.number().min(0.1).max(100).default(5).meta({ title: "Percent of deliveries", description: "Of the last hour, refused or given up." }),
  least: z.int().min(1).max(1_000_000).default(10).meta({ title: "At least this many", description: "So that one of two is not half of all." }),
});

interface Facts {
  readonly [name: string]: number;
  readonly dead: number;
  readonly delivered: number;
  readonly percent: number;
}

const MINUTE_MS = 60_000;
const WINDOW_MS = 60 * MINUTE_MS;
const CLOSE_AFTER_MS = 10 * MINUTE_MS;
/** Of what opens it. */
const CLOSES_BELOW = 0.5;

export const deadLetters = defineAlertKind<z.output<typeof params>, Facts>({
  kind: "dead_letters",
  name: "Too many dead letters",
  what: "A destination refuses more of what it is sent than is usual.",
  params,
  subjects: "destination",
  asks: () => async ({ pool, nowMs }) => {
    const { rows } = await pool.query<{ id: number; workspace_id: number; slug: string; name: string; dead: number; delivered: number }>(
      `select d.id, d.workspace_id, d.slug, d.name, coalesce(sum(c.count) filter (where c.outcome in ('refused', 'expired')), 0)::float8 as dead,
         coalesce(sum(c.count) filter (where c.outcome = 'delivered'), 0)::float8 as delivered
       from destination d left join delivery_count c on c.destination_id = d.id and c.minute >= $1 where d.status = 'active' and d.enabled group by d.id`, [new Date(nowMs - WINDOW_MS)],
    );
    return rows.map(({ workspace_id: workspaceId, slug, name, dead, delivered }) => ({
      workspaceId, subject: `destination:${slug}`, name, link: `/destinations/${slug}?tab=problems`,
      facts: { dead, delivered, percent: dead === 0 ? 0 : Math.round((dead / (dead + delivered)) * 1_000) / 10 },
    }));
  },
  judge({ percent, least }, { dead, delivered }) {
    const share = dead === 0 ? 0 : (dead / (dead + delivered)) * 100;
    if (dead >= least && share >= percent) return { level: "bad" };
    return { level: dead >= least * CLOSES_BELOW && share >= percent * CLOSES_BELOW ? "between" : "good" };
  },
  patience: () => ({ openAfterMs: 0, closeAfterMs: CLOSE_AFTER_MS }),
  sentence: (name, { dead, delivered, percent }) => `${name} refused ${dead.toLocaleString("en")} of ${(dead + delivered).toLocaleString("en")} in the last hour (${percent} %). They are kept, and can be sent again.`,
  closed: (name) => `${name} refuses hardly anything any more.`,
});
