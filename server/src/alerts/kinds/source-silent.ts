// A source from which nothing comes in any more: longer than it is ever silent, or than somebody has set for it.
import { z } from "zod";
import { defineAlertKind, minutesOf, spanText, type Asking, type Sight } from "../alert-kind.ts";
import { judgeSilence, LEARNT_WEEKS, type Heard } from "./expected-silence.ts";

const params = z.strictObject({
  by: z.enum(["learnt", "set"]).default("learnt").meta({ title: "Expectation", description: "Learnt: from the last four weeks, hour by hour. Set: the same at every hour, nights too." }),
  minutes: z.int().min(5).max(40_320).default(15).meta({ title: "Minutes of silence", description: "Learnt: never told sooner. Set: told then." }),
});

const facts = z.object({
  last_at: z.string().nullable(), silent_minutes: z.number(),
  /** By what was learnt. */
  is_strange: z.number().nullable(), missed: z.number().nullable(), longest_hours: z.number().nullable(),
  /** It spoke last before a time in which nobody listened. */
  was_unheard: z.number(),
});

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const CLOSE_AFTER_MS = 5 * MINUTE_MS;
/** Those that are used once, or by hand, have no silence. */
const WATCHED = ["website", "server", "mobile", "webhook"];
/** The least silence that is judged; a rule may ask for more. */
const LEAST_MS = 5 * MINUTE_MS;

interface Known {
  readonly hours: Map<number, number>;
  lastMs: number;
}

export const sourceSilent = defineAlertKind<z.output<typeof params>, z.output<typeof facts>>({
  kind: "source_silent",
  name: "A source is silent",
  what: "Nothing comes in from a source for longer than is usual for it.",
  params,
  subjects: "source",
  asks: () => {
    const known = new Map<number, Known>();
    let readUntilMs: number | undefined;
    return async (asking) => {
      await hear(asking, known, readUntilMs);
      readUntilMs = asking.nowMs;
      return sightsOf(asking, known);
    };
  },
  judge({ by, minutes }, { silent_minutes: silent, is_strange: isStrange, was_unheard: wasUnheard }, nowMs) {
    const isBad = silent >= minutes && (by === "set" || isStrange === 1);
    if (isBad) return { level: "bad", sinceMs: nowMs };
    // What it did while nobody listened, nobody knows: that is no reason to call it well.
    return { level: wasUnheard === 1 ? "unknown" : "good" };
  },
  patience: () => ({ openAfterMs: 0, closeAfterMs: CLOSE_AFTER_MS }),
  sentence(name, { last_at: lastAt, silent_minutes: silent, missed, longest_hours: longest }) {
    const since = `Nothing has come in from ${name} for ${spanText(silent)}${lastAt === null ? "" : `; the last was at ${lastAt.slice(0, 16).replace("T", " ")} UTC`}.`;
    if (missed !== null && missed > 0) return `${since} In this time of day and week at least ${missed.toLocaleString("en")} events would have come.`;
    return longest === null ? since : `${since} Its longest silence in ${LEARNT_WEEKS} weeks was ${spanText(longest * 60)}.`;
  },
  closed: (name) => `Events come in from ${name} again.`,
});

/** Adds what came in since; the current hour and the one before are counted anew. */
async function hear({ pool, nowMs }: Asking, known: Map<number, Known>, readUntilMs: number | undefined): Promise<void> {
  const fromMs = readUntilMs === undefined ? nowMs - LEARNT_WEEKS * 7 * 24 * HOUR_MS : readUntilMs - HOUR_MS;
  const { rows } = await pool.query<{ source: number; hour: string; count: string; last: Date }>(
    `select source_id as source, floor(extract(epoch from minute) / 3600)::bigint as hour, sum(count) as count, max(minute) as last from ledger
     where hop = 'received' and source_id > 0 and minute >= to_timestamp(floor($1::float8 / 3600000) * 3600) group by 1, 2`, [fromMs],
  );
  const oldest = Math.floor(nowMs / HOUR_MS) - (LEARNT_WEEKS * 7 + 1) * 24;
  for (const { source, hour, count, last } of rows) {
    const one = known.get(source) ?? { hours: new Map<number, number>(), lastMs: 0 };
    known.set(source, one);
    one.hours.set(Number(hour), Number(count));
    // Of a minute that is counted it is not known when in it.
    one.lastMs = Math.max(one.lastMs, Math.min(last.getTime() + MINUTE_MS, nowMs));
  }
  for (const { hours } of known.values()) for (const hour of hours.keys()) if (hour < oldest) hours.delete(hour);
}

async function sightsOf({ pool, nowMs, awakeSinceMs }: Asking, known: ReadonlyMap<number, Known>): Promise<(Sight & { facts: z.output<typeof facts> })[]> {
  const { rows } = await pool.query<{ id: number; workspace_id: number; name: string }>("select id, workspace_id, name from source where enabled and kind = any($1)", [WATCHED]);
  return rows.flatMap(({ id, workspace_id: workspaceId, name }) => {
    const one = known.get(id);
    // A source that never sent is not silent: it is not set up yet.
    if (one === undefined) return [];
    return [{ workspaceId, subject: `source:${id}`, name, link: `/sources/${id}`, facts: silenceOf(one.hours, one.lastMs, { nowMs, awakeSinceMs }) }];
  });
}

export function silenceOf(hours: Heard, lastMs: number, { nowMs, awakeSinceMs }: { readonly nowMs: number; readonly awakeSinceMs: number }): z.output<typeof facts> {
  const fromMs = Math.max(lastMs, awakeSinceMs);
  const judged = judgeSilence(hours, fromMs, nowMs, LEAST_MS);
  return {
    last_at: new Date(lastMs).toISOString(), silent_minutes: minutesOf(nowMs - fromMs), is_strange: judged === undefined ? null : Number(judged.isStrange),
    missed: judged?.missed ?? null, longest_hours: judged?.longestHours ?? null, was_unheard: Number(lastMs < awakeSinceMs),
  };
}
