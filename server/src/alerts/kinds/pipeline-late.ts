// This server itself is behind: what came in waits to be decided, or what was decided waits for ClickHouse.
import { z } from "zod";
import { audiencePartition } from "../../core/position.ts";
import { defineAlertKind, minutesOf, spanText, type Asking } from "../alert-kind.ts";

const params = z.strictObject({
  minutes: z.int().min(1).max(10_080).default(10).meta({ title: "Minutes behind", description: "Of the oldest event that is not in profiles, or not in the event table." }),
});

interface Facts {
  readonly [name: string]: number;
  /** The oldest in the log that was not read. */
  readonly unread_minutes: number;
  /** The oldest block that ClickHouse does not have. */
  readonly unsent_minutes: number;
}

const MINUTE_MS = 60_000;
/** After a start, and for a moment of hard work. */
const OPEN_AFTER_MS = 2 * MINUTE_MS;
const CLOSE_AFTER_MS = 5 * MINUTE_MS;
/** One chunk, however small. */
const READ_BYTES = 1;

export const pipelineLate = defineAlertKind<z.output<typeof params>, Facts>({
  kind: "pipeline_late",
  name: "The pipeline is late",
  what: "What came in is not in profiles yet, or not in the event table; audiences and destinations follow late.",
  params,
  asks: () => async (asking) => {
    const { rows } = await asking.pool.query<{ id: number; name: string; log_partition: number }>("select id, name, log_partition from workspace");
    const late = new Map<number, Facts>();
    for (const partition of new Set(rows.map((row) => row.log_partition))) late.set(partition, await lateness(asking, partition));
    return rows.map(({ id, name, log_partition: partition }) => ({
      workspaceId: id, subject: "", name, link: "/", facts: late.get(partition) ?? { unread_minutes: 0, unsent_minutes: 0 },
    }));
  },
  judge({ minutes }, { unread_minutes: unread, unsent_minutes: unsent }) {
    const worst = Math.max(unread, unsent);
    return { level: worst >= minutes ? "bad" : worst >= minutes / 2 ? "between" : "good" };
  },
  patience: () => ({ openAfterMs: OPEN_AFTER_MS, closeAfterMs: CLOSE_AFTER_MS }),
  sentence: (name, { unread_minutes: unread, unsent_minutes: unsent }) =>
    unread >= unsent ? `Events of ${name} have waited ${spanText(unread)} to be read from the log. Nothing is lost.`
      : `What was decided for ${name} has waited ${spanText(unsent)} for ClickHouse. Nothing is lost; profiles are up to date.`,
  closed: (name) => `${name} is up to date again.`,
});

async function lateness({ pool, log, pipelineReader, nowMs }: Asking, partition: number): Promise<Facts> {
  const { rows } = await pool.query<{ head: string | null; read: string | null; unsent: Date | null }>(
    `select (select next_offset from log_head where partition = $1) as head, (select next_offset from log_offset where partition = $1 and reader = $2) as read,
       (select min(created_at) from ch_outbox where partition = any($3) and sent_at is null) as unsent`, [partition, pipelineReader, [partition, audiencePartition(partition)]],
  );
  const [row] = rows;
  const [head, read] = [Number(row?.head ?? 0), Number(row?.read ?? 0)];
  const [chunk] = read < head ? await log.read(partition, read, READ_BYTES) : [];
  const receivedAtMs = chunk?.records[0]?.header.receivedAtMs;
  return { unread_minutes: receivedAtMs === undefined ? 0 : minutesOf(nowMs - receivedAtMs), unsent_minutes: row?.unsent ? minutesOf(nowMs - row.unsent.getTime()) : 0 };
}
