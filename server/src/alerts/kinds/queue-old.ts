// A destination that works, and to which too much waits to be sent. One that fails is told as failing, and not a second time for its queue.
import { z } from "zod";
import { defineAlertKind, minutesOf, spanText, type Asking } from "../alert-kind.ts";

const params = z.strictObject({
  minutes: z.int().min(1).max(10_080).default(15).meta({ title: "Minutes of waiting", description: "Of the oldest event that the destination has not come to." }),
});

interface Facts {
  readonly [name: string]: string | number | null;
  readonly state: string;
  readonly oldest_at: string | null;
  readonly waiting_minutes: number;
}

interface Row {
  readonly id: number;
  readonly workspace_id: number;
  readonly slug: string;
  readonly name: string;
  readonly state: string | null;
  readonly partition: number;
  readonly cursor: string | null;
  readonly head: string;
}

const MINUTE_MS = 60_000;
/** As in migration 0023, and in server/src/pipeline/outbox/block-builder.ts. */
const BLOCKS_PER_PARTITION = "1099511627776::bigint";
/** After a start it catches up. */
const OPEN_AFTER_MS = 3 * MINUTE_MS;
const CLOSE_AFTER_MS = 5 * MINUTE_MS;

export const queueOld = defineAlertKind<z.output<typeof params>, Facts>({
  kind: "queue_old",
  name: "A queue is old",
  what: "Events wait too long for a destination that takes what it is sent.",
  params,
  subjects: "destination",
  asks: () => {
    /** By destination: the oldest from a cursor on is the same until the cursor moves. */
    const known = new Map<number, { readonly cursor: number; readonly oldestMs: number }>();
    return async (asking) => {
      const { rows } = await asking.pool.query<Row>(
        `select d.id, d.workspace_id, d.slug, d.name, s.state, w.log_partition as partition, c.next_block as cursor, w.log_partition * ${BLOCKS_PER_PARTITION} + coalesce(o.next_block, 0) as head
         from destination d join workspace w on w.id = d.workspace_id left join delivery_state s on s.destination_id = d.id
           left join delivery_cursor c on c.destination_id = d.id and c.stream = 'events' and delivery_takes_events(d.id, 0) left join log_offset o on o.partition = w.log_partition and o.reader = $1
         where d.enabled and d.status = 'active'`, [asking.pipelineReader],
      );
      const sights = [];
      for (const row of rows) {
        const oldestMs = await oldestOf(asking, row, known);
        sights.push({
          workspaceId: row.workspace_id, subject: `destination:${row.slug}`, name: row.name, link: `/destinations/${row.slug}`,
          facts: { state: row.state ?? "flowing", oldest_at: oldestMs === undefined ? null : new Date(oldestMs).toISOString(), waiting_minutes: oldestMs === undefined ? 0 : minutesOf(asking.nowMs - oldestMs) },
        });
      }
      return sights;
    };
  },
  judge({ minutes }, { state, waiting_minutes: waiting }) {
    if (state === "failing" || state === "unauthorized") return { level: "unknown" };
    return { level: waiting >= minutes ? "bad" : waiting >= minutes / 2 ? "between" : "good" };
  },
  patience: () => ({ openAfterMs: OPEN_AFTER_MS, closeAfterMs: CLOSE_AFTER_MS }),
  sentence: (name, { waiting_minutes: waiting, state }) =>
    `Events have waited ${spanText(waiting)} for ${name}${state === "throttled" ? ", which asks for fewer requests" : ""}. Nothing is lost; look at its rate, and at how long it takes to answer.`,
  closed: (name) => `${name} has caught up.`,
});

/** The receipt of the oldest event that it has not looked at. */
async function oldestOf({ clickhouse }: Asking, row: Row, known: Map<number, { readonly cursor: number; readonly oldestMs: number }>): Promise<number | undefined> {
  if (row.cursor === null) return undefined;
  const cursor = Number(row.cursor);
  if (cursor >= Number(row.head)) return undefined;
  const before = known.get(row.id);
  if (before?.cursor === cursor) return before.oldestMs;
  const [found] = await clickhouse<{ count: number; oldest: number }>(
    `select count() as count, toUnixTimestamp64Milli(min(received_at)) as oldest from events
     where workspace_id = {workspace:UInt32} and log_partition = {partition:UInt16} and block_id >= {from:UInt64} and outcome = 'stored'`,
    { workspace: row.workspace_id, partition: row.partition, from: cursor },
  );
  if (found === undefined || Number(found.count) === 0) return undefined;
  known.set(row.id, { cursor, oldestMs: Number(found.oldest) });
  return Number(found.oldest);
}
