// For tests only: random settings and histories for the properties of identity resolution, dense enough that limits,
// shared identifiers, claims and merges all happen within a few dozen events.
import fc from "fast-check";
import type { IdentitySettings, NamespaceRule, SignInStrategy } from "@tributary/schema/settings.ts";
import type { Id, OracleEvent } from "./oracle.ts";
import type { ResolveInput } from "./candidates.ts";
import type { IdentityRules } from "./rules.ts";

/** The length of the longest history. */
const EVENTS_MAX = 30;

/** An event of a history, or the suppression of whoever has the identifier at that moment. */
export type Action = { readonly kind: "event"; readonly event: OracleEvent } | { readonly kind: "suppress"; readonly id: Id };

const values: Readonly<Record<string, readonly string[]>> = {
  user_id: ["1", "2", "3", "4", "5"],
  email: ["p", "q", "r", "s", "t"],
  crm: ["x", "y", "z"],
  device_id: ["d", "e", "f", "g"],
  anonymous_id: ["1", "2", "a", "b", "c", "h"],
};
const allIds: readonly Id[] = Object.entries(values).flatMap(([name, list]) => list.map((value) => `${name}:${value}`));

function namespace(name: string, rest: Partial<NamespaceRule>): NamespaceRule {
  return {
    name, priority: 1, normalise: "text", limitPerProfile: 1, sharedAfter: 2, use: "merge",
    blockedValues: [], blockedPatterns: [], paths: [], pathsBySource: {}, ...rest,
  };
}

/** Limits that nothing in these histories can reach. */
export const withoutLimits: IdentitySettings = {
  signIn: "convert",
  namespaces: Object.keys(values).map((name, i) => namespace(name, { priority: i + 1, limitPerProfile: 10_000, sharedAfter: 10_000 })),
};

const anySignIn: fc.Arbitrary<SignInStrategy> = fc.constantFrom("convert", "convert", "isolate", "link");

export function anySettings(signIn = anySignIn): fc.Arbitrary<IdentitySettings> {
  const rule = (name: string): fc.Arbitrary<NamespaceRule> =>
    fc.record({
      priority: fc.integer({ min: 1, max: 4 }),
      limitPerProfile: fc.constantFrom(1, 2, 3, 100),
      sharedAfter: fc.constantFrom(2, 2, 3, 100),
      use: fc.constantFrom(...Array<"merge">(9).fill("merge"), "lookup" as const),
    }).map((rest) => namespace(name, rest));
  return fc.record({ signIn, namespaces: fc.tuple(...Object.keys(values).map(rule)) });
}

interface Mix {
  readonly ids: fc.Arbitrary<Id[]>;
  readonly types: readonly string[];
  readonly trusts: readonly OracleEvent["trust"][];
}

const named = (...names: string[]): fc.Arbitrary<Id> =>
  fc.constantFrom(...allIds.filter((id) => names.includes(id.slice(0, id.indexOf(":")))));
const upToThree = (ids: readonly Id[]): fc.Arbitrary<Id[]> => fc.uniqueArray(fc.constantFrom(...ids), { maxLength: 3, size: "max" });
const mostlyFull: readonly OracleEvent["trust"][] = [...Array<"full">(10).fill("full"), "query_string", "unsigned"];

/** Kinds of histories, so that what takes several steps to happen does happen. */
const mixes = {
  anything: { ids: upToThree(allIds), types: ["track", "identify", "alias"], trusts: mostlyFull },
  // Many people on few devices: refusals by limit, shared identifiers.
  crowded: {
    ids: fc.oneof(
      fc.tuple(named("user_id"), fc.constantFrom("anonymous_id:a", "device_id:d")),
      fc.tuple(fc.constantFrom("anonymous_id:a", "device_id:d", "email:p")),
      fc.tuple(named("user_id", "crm"), fc.constantFrom("anonymous_id:a", "email:p")),
    ).map((ids): Id[] => ids),
    types: ["track", "identify"], trusts: ["full"],
  },
  // Claims about few people from few browsers, and what the browsers send afterwards.
  claims: {
    ids: upToThree(["user_id:1", "user_id:2", "email:p", "anonymous_id:a", "anonymous_id:b", "device_id:d"]),
    types: ["track", "page", "identify"], trusts: ["full", "full", "query_string"],
  },
  trusted: { ids: upToThree(allIds), types: ["track", "identify"], trusts: ["full"] },
} satisfies Record<string, Mix>;

/** `kind` absent: any kind. `trusted` has neither claims nor aliases. */
export function anyEvents(kind?: keyof typeof mixes): fc.Arbitrary<OracleEvent[]> {
  return kind ? eventsOf(mixes[kind]) : fc.oneof(...Object.values(mixes).map(eventsOf));
}

function eventsOf(mix: Mix): fc.Arbitrary<OracleEvent[]> {
  const event = fc.record({
    type: fc.constantFrom(...mix.types),
    trust: fc.constantFrom(...mix.trusts),
    ids: mix.ids,
    previous: fc.constantFrom("1", "2", "3", "a", "b", "never-seen"),
  });
  return fc.array(event, { minLength: 1, maxLength: EVENTS_MAX, size: "max" }).map((events) =>
    events.map((one, i) => ({ ...one, row: i + 1, previous: one.type === "alias" ? one.previous : null })));
}

export function anyHistory(): fc.Arbitrary<Action[]> {
  const some = fc.array(fc.tuple(fc.nat(EVENTS_MAX), fc.constantFrom(...allIds)), { maxLength: 2 });
  const suppressions = fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, some);
  return fc.tuple(anyEvents(), suppressions).map(([events, list]) => {
    const actions: Action[] = events.map((event) => ({ kind: "event", event }));
    for (const [at, id] of list) actions.splice(Math.min(at, actions.length), 0, { kind: "suppress", id });
    return actions;
  });
}

/** Sides of up to two lines for some identifiers. */
export function anySplits(): fc.Arbitrary<Map<Id, Record<string, number>>> {
  const sides = fc.dictionary(fc.constantFrom("77", "88"), fc.integer({ min: 0, max: 1 }), { minKeys: 1, maxKeys: 2 });
  return fc.array(fc.tuple(fc.constantFrom(...allIds), sides), { maxLength: 6 }).map((entries) => new Map(entries));
}

/** The event as the resolver takes it; keys are the identifiers themselves, so that failures can be read. */
export function toInput(event: OracleEvent, rules: IdentityRules, workspaceId = 1): ResolveInput {
  const identifier = (id: Id) => ({
    namespace: id.slice(0, id.indexOf(":")), value: id.slice(id.indexOf(":") + 1), key: workspaceId === 1 ? id : `${workspaceId}/${id}`,
  });
  const rank = (namespace: string): number => rules.byName.get(namespace)?.rank ?? Infinity;
  return {
    workspaceId, rowId: event.row, sourceId: 1, atMs: event.row * 1000, type: event.type, trust: event.trust,
    identifiers: event.ids.map(identifier).toSorted((a, b) => rank(a.namespace) - rank(b.namespace)),
    previous: event.previous === null ? [] : [identifier(`user_id:${event.previous}`), identifier(`anonymous_id:${event.previous}`)],
  };
}

export function idsIn(events: readonly OracleEvent[]): Id[] {
  const previousIds = (previous: string | null): Id[] => (previous === null ? [] : [`user_id:${previous}`, `anonymous_id:${previous}`]);
  return [...new Set(events.flatMap(({ ids, previous }) => [...ids, ...previousIds(previous)]))];
}
