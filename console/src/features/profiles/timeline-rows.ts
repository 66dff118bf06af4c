// A person's events as the lines of the timeline: a heading for each day, one for each session, and the events. Pure.
import type { TimelineEvent } from "@tributary/schema/api/profiles.ts";

/** A pause this long ends a session. */
const PAUSE_MS = 30 * 60_000;

export type TimelineRow =
  | { readonly kind: "day"; readonly key: string; readonly atMs: number }
  | { readonly kind: "session"; readonly key: string; readonly count: number; readonly lengthMs: number; readonly isOpen: boolean }
  | { readonly kind: "event"; readonly key: string; readonly event: TimelineEvent; readonly isInSession: boolean };

/** `events` the latest first. Sessions whose key is in `folded` show only their heading; single events have none. */
export function timelineRows(events: readonly TimelineEvent[], folded: ReadonlySet<string>): TimelineRow[] {
  const rows: TimelineRow[] = [];
  let day = "";
  for (const session of sessionsOf(events)) {
    const [latest] = session;
    const oldest = session.at(-1);
    if (latest === undefined || oldest === undefined) continue;
    const dayOfSession = dayOf(latest);
    if (dayOfSession !== day) rows.push({ kind: "day", key: `day ${dayOfSession}`, atMs: Date.parse(latest.at) });
    day = dayOfSession;
    const key = `session ${oldest.row_id}`;
    const isSession = session.length > 1;
    const isOpen = !folded.has(key);
    if (isSession) rows.push({ kind: "session", key, count: session.length, lengthMs: Date.parse(latest.at) - Date.parse(oldest.at), isOpen });
    if (isOpen) for (const event of session) rows.push({ kind: "event", key: `event ${event.row_id}`, event, isInSession: isSession });
  }
  return rows;
}

/** Events with no long pause between them, within one day of the viewer's zone. */
function sessionsOf(events: readonly TimelineEvent[]): TimelineEvent[][] {
  const sessions: TimelineEvent[][] = [];
  for (const event of events) {
    const session = sessions.at(-1);
    const before = session?.at(-1);
    const isSame = before !== undefined && Date.parse(before.at) - Date.parse(event.at) <= PAUSE_MS && dayOf(before) === dayOf(event);
    if (isSame) session?.push(event);
    else sessions.push([event]);
  }
  return sessions;
}

function dayOf(event: TimelineEvent): string {
  return new Date(event.at).toDateString();
}
