// A window, once it is known whose it is: a condition in TypeScript, and its parts in SQL.
import type { EventFacts, PersonFacts, SqlScope, Words, World } from "./condition-kind.ts";
import { selects, selectsSql } from "./event-filter.ts";
import { selectorOf, whenever } from "./role-events.ts";
import { namesOf } from "./sentence.ts";
import { eventSql, instantOf, instantSql, rawsAt, rawsSql } from "./value.ts";
import { msOf } from "./value-test.ts";
import { after, afterSql, boundOf, byZoneSql, knownZones, NEVER, periodAt, zoneOf, type Between, type Since, type Window } from "./window.ts";

/** What can move a window, besides time: events that it begins with, and whether anything of the snapshot does. */
export function readsOfWindow(window: Window | undefined, words: Words): { readonly events: readonly string[]; readonly snapshot: boolean } {
  const anchor = window !== undefined && "since" in window ? window.since : undefined;
  return {
    events: anchor !== undefined && "event" in anchor ? namesOf(selectorOf(anchor, whenever(words)).event) : [],
    snapshot: (anchor !== undefined && "trait" in anchor) || (window !== undefined && "zone" in window && window.zone === "person"),
  };
}

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

export interface WindowOfPerson {
  /** False when the window has no beginning, as "since their trial ended" of somebody without a trial: then no comparison holds. */
  readonly exists: boolean;
  readonly has: (event: EventFacts) => boolean;
  /** When an event that is in it leaves it. */
  readonly leaveMs: (event: EventFacts) => number;
}

export function windowOf(window: Window | undefined, person: PersonFacts, world: World): WindowOfPerson {
  const { nowMs } = world;
  const staying = (isIn: (event: EventFacts) => boolean, exists = true): WindowOfPerson => (
    { exists, has: (event) => event.ms <= nowMs && isIn(event), leaveMs: () => NEVER });
  if (window === undefined) return staying(() => true);
  if ("last" in window) return { exists: true, has: ({ ms }) => ms <= nowMs && nowMs < after(ms, window), leaveMs: ({ ms }) => after(ms, window) };
  if ("period" in window) {
    const { fromMs, toMs } = periodAt(window, nowMs, window.zone === "person" ? zoneOf(person.zone, world.zone) : world.zone);
    return staying(({ ms }) => ms >= fromMs && ms < toMs);
  }
  if ("since" in window) {
    const anchor = anchorOf(window, person, world);
    if (anchor === undefined) return staying(() => false, false);
    const endMs = window.for === undefined ? NEVER : after(anchor.ms, window.for, "trait" in window.since ? world.zone : "UTC");
    return staying((event) => isAfter(event, anchor) && event.ms < endMs);
  }
  const { fromMs, toMs } = edgesOf(window, world.zone);
  return staying(({ ms }) => ms >= fromMs && ms < toMs);
}

interface Anchor {
  readonly ms: number;
  /** Events of the same time count from this row on. */
  readonly row: number;
}

function anchorOf({ since }: Since, person: PersonFacts, world: World): Anchor | undefined {
  const { nowMs, zone } = world;
  if ("trait" in since) {
    const ms = rawsAt(person.traits, since.trait).map((raw) => instantOf(raw, zone)).find((instant) => instant !== undefined);
    return ms === undefined ? undefined : { ms, row: -1 };
  }
  const selector = selectorOf(since, world);
  const events = person.events.filter((event) => selects(selector, event) && event.ms <= nowMs).toSorted((a, b) => a.ms - b.ms || a.row - b.row);
  return since.which === "first" ? events[0] : events.at(-1);
}

function isAfter(event: EventFacts, anchor: Anchor): boolean {
  return event.ms > anchor.ms || (event.ms === anchor.ms && event.row > anchor.row);
}

function edgesOf({ from, to }: Between, zone: string): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: from === undefined ? -NEVER : msOf(from, zone), toMs: to === undefined ? NEVER : msOf(to, zone) };
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface WindowSql {
  /** Nothing before it matters. */
  readonly boundMs: number | undefined;
  /** Over one event: whether it is, or will be, in the window, as far as that does not depend on the person. */
  readonly row: string;
  /** Over one event: the instant at which it leaves; undefined: it stays. */
  readonly leave: string | undefined;
  /** What depends on the person. */
  readonly person?: {
    /** Over one person: whether the window has a beginning. */
    readonly exists: string;
    /** Over one person, and SQL of an event's time and row: whether it is in the window. */
    readonly has: (ms: string, row: string) => string;
    /** Over one person: the earliest instant at which the window itself could move by time alone. */
    readonly next: string;
  };
}

/** Over one event: whether it has happened by now. Named, as all that is compared for many conditions. */
export function pastSql({ bind, nowMs }: SqlScope): string {
  return eventSql(bind, `ms <= ${nowMs}`);
}

/** Over one event: whether its time is still to come. */
export function notYetSql({ bind, nowMs }: SqlScope): string {
  return eventSql(bind, `ms > ${nowMs}`);
}

/** Over one event: whether it matches, and is or will be in the window as far as that does not depend on the person. */
export function inWindowSql(matches: string, { row }: Pick<WindowSql, "row">): string {
  return row === "1" ? matches : `${matches} and ${row}`;
}

export function windowSql(window: Window | undefined, scope: SqlScope): WindowSql {
  if (window === undefined) return { boundMs: undefined, row: "1", leave: undefined };
  const now = String(scope.nowMs);
  if ("last" in window) {
    const leave = afterSql("ms", window);
    return { boundMs: boundOf(scope.nowMs, window), row: eventSql(scope.bind, `${leave} > ${now}`), leave };
  }
  if ("period" in window) return periodSql(window, scope);
  if ("since" in window) return sinceSql(window, scope);
  const { fromMs, toMs } = edgesOf(window, scope.zone);
  return { boundMs: window.from === undefined ? undefined : fromMs, row: eventSql(scope.bind, `ms >= ${fromMs} and ms < ${toMs}`), leave: undefined };
}

function periodSql(window: Extract<Window, { period: string }>, scope: SqlScope): WindowSql {
  const at = (zone: string): ReturnType<typeof periodAt> => periodAt(window, scope.nowMs, zone);
  if (window.zone === "workspace") {
    const { fromMs, toMs, changesMs } = at(scope.zone);
    scope.boundary(changesMs);
    return { boundMs: fromMs, row: eventSql(scope.bind, `ms >= ${fromMs} and ms < ${toMs}`), leave: undefined };
  }
  const all = new Map([...knownZones(), scope.zone].map((zone) => [zone, at(zone)] as const));
  const boundsOf = (zone: string): ReturnType<typeof periodAt> => all.get(zone) ?? at(zone);
  const values = [...all.values()];
  scope.boundary(Math.min(...values.map(({ changesMs }) => changesMs)));
  const zoneColumn = scope.person("zone");
  const from = scope.name(byZoneSql(scope.bind, zoneColumn, scope.zone, (zone) => boundsOf(zone).fromMs));
  const to = scope.name(byZoneSql(scope.bind, zoneColumn, scope.zone, (zone) => boundsOf(zone).toMs));
  const boundMs = Math.min(...values.map(({ fromMs }) => fromMs));
  return {
    boundMs, row: eventSql(scope.bind, `ms >= ${boundMs}`), leave: undefined,
    person: { exists: "1", has: (ms) => `(${ms} >= ${from} and ${ms} < ${to})`, next: String(NEVER) },
  };
}

function sinceSql({ since, for: length }: Since, scope: SqlScope): WindowSql {
  // A date that a trait tells is told by the workspace's clock; an event has its instant.
  const calendar = "trait" in since ? { bind: scope.bind, clock: { zone: scope.zone } } : undefined;
  const until = (ms: string, start: string): string => (length === undefined ? "" : ` and ${ms} < ${scope.name(afterSql(start, length, calendar))}`);
  if ("trait" in since) {
    const instants = scope.name(`arrayFilter(ms_ -> isNotNull(ms_), arrayMap(raw -> ${instantSql(scope.bind, "raw", { zone: scope.zone })}, ${rawsSql(scope.bind, scope.person("traits"), since.trait)}))`);
    const start = scope.name(`if(empty(${instants}), toInt64(0), assumeNotNull(${instants}[1]))`);
    return {
      boundMs: undefined, row: "1", leave: undefined,
      person: { exists: `notEmpty(${instants})`, has: (ms) => `(${ms} >= ${start}${until(ms, start)})`, next: String(NEVER) },
    };
  }
  const selector = selectorOf(since, scope);
  const isAnchor = selectsSql(scope.bind, selector);
  const wanted = { names: namesOf(selector.event), boundMs: undefined };
  const anchor = scope.events({ ...wanted, aggregate: `${since.which === "first" ? "min" : "max"}If((ms, row_id, 1), ${isAnchor} and ${pastSql(scope)})` });
  // An anchor that is still to come moves the window's beginning.
  const coming = scope.events({ ...wanted, aggregate: `minIf(ms, ${isAnchor} and ${notYetSql(scope)})` });
  return {
    boundMs: undefined, row: "1", leave: undefined,
    person: {
      exists: `${anchor}.3 = 1`,
      has: (ms, row) => `((${ms}, ${row}) > (${anchor}.1, ${anchor}.2)${until(ms, `${anchor}.1`)})`,
      next: `if(${coming} = 0, ${NEVER}, ${coming})`,
    },
  };
}
