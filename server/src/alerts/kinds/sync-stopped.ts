// A change of an audience that would move so many people at a destination that it waits for somebody's answer.
import { z } from "zod";
import { defineAlertKind, minutesOf } from "../alert-kind.ts";

const params = z.strictObject({
  minutes: z.int().min(0).max(10_080).default(0).meta({ title: "Minutes without an answer", description: "0: told at once." }),
});

interface Facts {
  readonly [name: string]: string | number | null;
  readonly asked_at: string | null;
  readonly waiting_minutes: number;
  readonly would_add: number;
  readonly would_remove: number;
  readonly people: number;
  readonly percent: number;
}

interface Row {
  readonly id: number;
  readonly workspace_id: number;
  readonly name: string;
  readonly slug: string;
  readonly destination: string;
  readonly asked_at: Date | null;
  readonly would_add: number | null;
  readonly would_remove: number | null;
  readonly people: number | null;
  readonly share: number | null;
}

const MINUTE_MS = 60_000;

export const syncStopped = defineAlertKind<z.output<typeof params>, Facts>({
  kind: "sync_stopped",
  name: "A sync waits for an answer",
  what: "A change of an audience would add or take away so many people at a destination that somebody has to say whether it is meant.",
  params,
  asks: () => async ({ pool, nowMs }) => {
    const { rows } = await pool.query<Row>(
      `select s.id, s.workspace_id, s.name, d.slug, d.name as destination, x.created_at as asked_at, x.would_add::float8 as would_add, x.would_remove::float8 as would_remove, x.people::float8 as people, x.share
       from subscription s join destination d on d.id = s.destination_id left join delivery_stop x on x.subscription_id = s.id and x.status = 'asked'
       where s.enabled and s.status = 'active' and d.enabled and d.status = 'active' and s.definition->'trigger'->>'kind' = 'audience'`,
    );
    return rows.map((row) => ({
      workspaceId: row.workspace_id, subject: `subscription:${row.id}`, name: `${row.name} (${row.destination})`, link: `/destinations/${row.slug}?tab=subscriptions`,
      facts: {
        asked_at: row.asked_at?.toISOString() ?? null, waiting_minutes: row.asked_at === null ? 0 : minutesOf(nowMs - row.asked_at.getTime()), would_add: row.would_add ?? 0, would_remove: row.would_remove ?? 0,
        people: row.people ?? 0, percent: Math.round((row.share ?? 0) * 100),
      },
    }));
  },
  judge: (_, { asked_at: askedAt }) => (askedAt === null ? { level: "good" } : { level: "bad", sinceMs: Date.parse(askedAt) }),
  // What was answered is answered.
  patience: ({ minutes }) => ({ openAfterMs: minutes * MINUTE_MS, closeAfterMs: 0 }),
  sentence: (name, { would_add: add, would_remove: remove, people, percent }) =>
    `${name} waits for an answer: ${add.toLocaleString("en")} people would come and ${remove.toLocaleString("en")} go, of ${people.toLocaleString("en")} there, and more than ${percent} % don't go without asking. ` +
    "Nothing of it is sent before.",
  closed: (name) => `${name} has its answer.`,
});
