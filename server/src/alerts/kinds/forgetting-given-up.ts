// Somebody asked to be forgotten, and a destination was not told of it and is not told any more. Each who asked is an alert of their own, for each has a time until which it must be done;
// it names nobody but by the number of what they asked.
import { z } from "zod";
import { defineAlertKind } from "../alert-kind.ts";

const params = z.strictObject({
  minutes: z.int().min(0).max(10_080).default(0).meta({ title: "Minutes after it was given up", description: "0: told at once." }),
});

interface Facts {
  readonly [name: string]: string | number | null;
  /** When the first of them was given up; null: none is. */
  readonly since: string | null;
  /** Could not be told for so long that it was given up. */
  readonly expired: number;
  /** Does not take the request. */
  readonly refused: number;
  /** Their names, one behind another. */
  readonly destinations: string;
  readonly asked_at: string;
}

interface Row {
  readonly id: number;
  readonly workspace_id: number;
  readonly asked_at: Date;
  readonly since: Date | null;
  readonly expired: number;
  readonly refused: number;
  readonly names: readonly string[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** What is over for so long is looked at no more: its alert has closed. */
const OVER_MS = 60 * DAY_MS;
const NAMES_MAX = 5;

export const forgettingGivenUp = defineAlertKind<z.output<typeof params>, Facts>({
  kind: "forgetting_given_up",
  name: "A forgetting was given up",
  what: "A destination was not told to forget somebody who asked for it, and nothing is tried any more.",
  params,
  asks: () => async ({ pool, nowMs }) => {
    const { rows } = await pool.query<Row>(
      `select f.id, f.workspace_id, f.asked_at, min(t.done_at) filter (where t.status in ('expired', 'refused')) as since, count(*) filter (where t.status = 'expired')::integer as expired,
         count(*) filter (where t.status = 'refused')::integer as refused, coalesce(array_agg(d.name order by d.name, d.id) filter (where t.status in ('expired', 'refused')), '{}') as names
       from forgetting f join forgetting_destination t on t.forgetting_id = f.id join destination d on d.id = t.destination_id
       where f.done_at is null or f.done_at > $1 or t.status in ('expired', 'refused') group by f.id`, [new Date(nowMs - OVER_MS)],
    );
    return rows.map((row) => ({
      workspaceId: row.workspace_id, subject: `forgetting:${row.id}`, name: `Forgetting ${row.id}`, link: `/forgettings?open=${row.id}`,
      facts: { since: row.since?.toISOString() ?? null, expired: row.expired, refused: row.refused, destinations: namesOf(row.names), asked_at: row.asked_at.toISOString() },
    }));
  },
  judge: (_, { since }) => (since === null ? { level: "good" } : { level: "bad", sinceMs: Date.parse(since) }),
  // Whoever tries again, or did it by hand, has acted: given up once more, it is told once more.
  patience: ({ minutes }) => ({ openAfterMs: minutes * MINUTE_MS, closeAfterMs: 0 }),
  sentence: (name, { expired, refused, destinations }) =>
    `${name} was given up: ${[expired > 0 ? `${placesText(expired)} could not be told for a day or ${expired === 1 ? "was" : "were"} switched off` : "", refused > 0 ? `${placesText(refused)} did not take the request` : ""].filter((one) => one !== "").join(", and ")} ` +
    `(${destinations}). The person asked to be forgotten and may still stand there: try again, or delete them there by hand and say so.`,
  closed: (name) => `${name} is tried again, or was done by hand.`,
});

const placesText = (count: number): string => `${count.toLocaleString("en")} destination${count === 1 ? "" : "s"}`;

function namesOf(names: readonly string[]): string {
  return names.length <= NAMES_MAX ? names.join(", ") : `${names.slice(0, NAMES_MAX).join(", ")} …`;
}
