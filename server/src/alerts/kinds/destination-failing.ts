// A destination that does not take what it is sent: nobody answers, everything fails, or its key is not taken.
import { z } from "zod";
import { defineAlertKind, minutesOf, spanText } from "../alert-kind.ts";

const params = z.strictObject({
  minutes: z.int().min(1).max(10_080).default(10).meta({ title: "Minutes of failing", description: "With shorter times of working in between, too." }),
});

interface Facts {
  readonly [name: string]: string | number | null;
  readonly state: string;
  readonly since: string;
  readonly for_minutes: number;
  readonly code: string;
  readonly detail: string;
  readonly failures: number;
}

const MINUTE_MS = 60_000;
const CLOSE_AFTER_MS = 5 * MINUTE_MS;

export const destinationFailing = defineAlertKind<z.output<typeof params>, Facts>({
  kind: "destination_failing",
  name: "A destination is failing",
  what: "A destination can't be reached, fails everything, or does not take its key. What is for it waits.",
  params,
  subjects: "destination",
  asks: () => async ({ pool, nowMs }) => {
    const { rows } = await pool.query<{ id: number; workspace_id: number; slug: string; name: string; state: string | null; since: Date | null; code: string | null; detail: string | null; failures: number | null }>(
      `select d.id, d.workspace_id, d.slug, d.name, s.state, s.since, s.code, s.detail, s.failures
       from destination d left join delivery_state s on s.destination_id = d.id where d.enabled and d.status = 'active'`,
    );
    return rows.map(({ workspace_id: workspaceId, slug, name, state, since, code, detail, failures }) => ({
      workspaceId, subject: `destination:${slug}`, name, link: `/destinations/${slug}`,
      facts: { state: state ?? "flowing", since: (since ?? new Date(nowMs)).toISOString(), for_minutes: minutesOf(nowMs - (since?.getTime() ?? nowMs)), code: code ?? "", detail: detail ?? "", failures: failures ?? 0 },
    }));
  },
  judge(_, { state, since }) {
    if (state === "failing" || state === "unauthorized") return { level: "bad", sinceMs: Date.parse(since) };
    return { level: state === "throttled" ? "between" : "good" };
  },
  patience: ({ minutes }) => ({ openAfterMs: minutes * MINUTE_MS, closeAfterMs: CLOSE_AFTER_MS }),
  sentence: (name, { state, for_minutes: minutes, detail }) =>
    `${state === "unauthorized" ? `${name} has not taken its key for ${spanText(minutes)}` : `${name} has been failing for ${spanText(minutes)}`}${detail === "" ? "." : `: ${detail.replace(/\.?$/, ".")}`} ` +
    "Nothing is lost: what is for it waits.",
  closed: (name) => `${name} takes what it is sent again.`,
});
