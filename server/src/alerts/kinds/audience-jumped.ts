// An audience that is suddenly much larger or smaller, and by what: often a change of somebody else's, such as an event that is sent under another name.
import { z } from "zod";
import { defineAlertKind, type Asking } from "../alert-kind.ts";

const params = z.strictObject({
  hour_percent: z.number().min(1).max(10_000).default(20).meta({ title: "Percent within an hour" }),
  day_percent: z.number().min(1).max(10_000).default(50).meta({ title: "Percent within a day" }),
  least: z.int().min(1).max(100_000_000).default(100).meta({ title: "At least this many people", description: "Who were in it before." }),
});

interface Facts {
  readonly [name: string]: string | number;
  readonly size: number;
  readonly hour: number;
  readonly day: number;
  /** What made most of the larger of the two. */
  readonly cause: string;
  readonly cause_people: number;
}

interface Net {
  readonly workspace_id: number;
  readonly audience_id: number;
  readonly reason: string;
  readonly hour: number;
  readonly day: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LOOK_EVERY_MS = 5 * MINUTE_MS;
const CLOSE_AFTER_MS = 30 * MINUTE_MS;
const CLOSES_BELOW = 0.5;
/** Somebody has just changed what it asks for, and was shown by how much; or has imported what happened before, on which no alert acts. */
const BY_HAND = new Set(["definition", "first_fill", "deletion", "list", "import"]);

export const audienceJumped = defineAlertKind<z.output<typeof params>, Facts>({
  kind: "audience_jumped",
  name: "An audience has jumped",
  what: "The size of an audience changes much within an hour or a day, by itself: changes of its definition, of lists and by imports are not counted.",
  params,
  subjects: "audience",
  everyMs: LOOK_EVERY_MS,
  asks: () => async (asking) => {
    const { rows } = await asking.pool.query<{ id: number; workspace_id: number; slug: string; name: string; size: number }>(
      "select id, workspace_id, slug, name, size::float8 as size from audience where status = 'active'",
    );
    if (rows.length === 0) return [];
    const nets = Map.groupBy(await netsOf(asking), ({ workspace_id: workspaceId, audience_id: id }) => `${workspaceId} ${id}`);
    return rows.map(({ id, workspace_id: workspaceId, slug, name, size }) => ({
      workspaceId, subject: `audience:${slug}`, name, link: `/audiences/${slug}?tab=changes`, facts: factsOf(size, nets.get(`${workspaceId} ${id}`) ?? []),
    }));
  },
  judge({ hour_percent: hourPercent, day_percent: dayPercent, least }, { size, hour, day }) {
    const worst = Math.max(shareOf(size, hour, least) / hourPercent, shareOf(size, day, least) / dayPercent);
    return { level: worst >= 1 ? "bad" : worst >= CLOSES_BELOW ? "between" : "good" };
  },
  patience: () => ({ openAfterMs: 0, closeAfterMs: CLOSE_AFTER_MS }),
  sentence(name, { size, hour, day, cause, cause_people: people }) {
    const [net, span] = Math.abs(hour) >= Math.abs(day) / 2 ? [hour, "hour"] : [day, "day"];
    const moved = `${Math.abs(net).toLocaleString("en")} ${net < 0 ? "fewer" : "more"} people are in ${name} than ${span === "hour" ? "an hour" : "a day"} ago: ${(size - net).toLocaleString("en")} became ${size.toLocaleString("en")}.`;
    return cause === "" ? moved : `${moved} Most by ${causes[cause] ?? cause} (${Math.abs(people).toLocaleString("en")}).`;
  },
  closed: (name) => `The size of ${name} is steady again.`,
});

const causes: Readonly<Record<string, string>> = {
  event: "events that came in", deadline: "the passing of time", trait: "changed traits", merge: "people that were merged", unmerge: "people that were split", late_event: "events that came late",
  repair: "a repair",
};

/** Percent of those who were in it before; nothing for an audience that was too small to tell. */
function shareOf(size: number, net: number, least: number): number {
  const before = size - net;
  return before < least ? 0 : (Math.abs(net) / before) * 100;
}

export function factsOf(size: number, nets: readonly Net[]): Facts {
  const counted = nets.filter(({ reason }) => !BY_HAND.has(reason));
  const hour = counted.reduce((sum, one) => sum + Number(one.hour), 0);
  const day = counted.reduce((sum, one) => sum + Number(one.day), 0);
  const span = Math.abs(hour) >= Math.abs(day) / 2 ? "hour" : "day";
  const [most] = counted.toSorted((a, b) => Math.abs(Number(b[span])) - Math.abs(Number(a[span])));
  return { size, hour, day, cause: most?.reason ?? "", cause_people: Number(most?.[span] ?? 0) };
}

function netsOf({ clickhouse, nowMs }: Asking): Promise<Net[]> {
  return clickhouse<Net>(
    `select workspace_id, audience_id, reason, sum(if(entered = 1, 1, -1)) as day, sumIf(if(entered = 1, 1, -1), at >= fromUnixTimestamp64Milli({hour:Int64}, 'UTC')) as hour
     from audience_log prewhere at >= fromUnixTimestamp64Milli({day:Int64}, 'UTC') group by 1, 2, 3`, { day: nowMs - 24 * HOUR_MS, hour: nowMs - HOUR_MS },
  );
}
