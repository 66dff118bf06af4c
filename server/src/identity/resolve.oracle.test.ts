import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IdentitySettings } from "@tributary/schema/settings.ts";
import {
  compileIdentityRules, memoryIdentityState, profileIdOf, replay, resolve, type MemoryIdentityState, type Resolution, type ResolveInput,
} from "./identity.ts";
import { Oracle, type Id, type OracleEvent } from "./oracle.ts";
import { anyEvents, anyHistory, anySettings, anySplits, idsIn, toInput, withoutLimits, type Action } from "./random-history.ts";

const runs = Number(process.env["FC_RUNS"] ?? 250);

/** The row that made the person, which is how the oracle names people. */
function rowOf(profileId: string | null, rows: number): number | null {
  if (profileId === null) return null;
  for (let row = 1; row <= rows; row++) if (profileIdOf(1, row) === profileId) return row;
  throw new Error("a person whom no event made");
}

function readable(resolution: Resolution, rows: number): unknown {
  return {
    person: rowOf(resolution.profileId, rows),
    suppressed: resolution.suppressed,
    steps: resolution.steps.map(({ kind, reason, identifierKey, survivor, other }) =>
      `${kind} ${reason} ${identifierKey} ${rowOf(survivor, rows)} ${rowOf(other, rows)}`),
    ignored: resolution.ignored.map(({ key, reason }) => `${key} ${reason}`),
  };
}

function suppress(state: MemoryIdentityState, id: Id): void {
  const owner = state.identifier(id)?.profileId;
  const person = owner ? state.person(owner) : undefined;
  if (person) person.suppressed = true;
}

/** Everything about the state that a person outside could notice, in a form that two states can be compared by. */
function pictureOf(state: MemoryIdentityState): unknown {
  return {
    people: [...state.people.values()].map(({ id, firstRow, identifiers, suppressed, splits, links }) =>
      ({ id, firstRow, identifiers: identifiers.map(({ key }) => key), suppressed, splits, links })),
    identifiers: [...state.identifiers.values()].map((identifier) => ({ ...identifier })),
    edges: [...state.edges.values()],
  };
}

/** Groups of identifiers that are one person, sorted, so that the ids of people do not matter. */
function partition(state: MemoryIdentityState): string[] {
  return [...state.people.values()].map(({ identifiers }) => identifiers.map(({ key }) => key).toSorted().join(" ")).toSorted();
}

function run(events: readonly OracleEvent[], settings: IdentitySettings, workspaceId = 1) {
  const rules = compileIdentityRules(settings);
  return replay(events.map((event) => toInput(event, rules, workspaceId)), rules);
}

/** Every event must be decided as the oracle decides it, and leave the same people behind. */
function follow(settings: IdentitySettings, history: readonly Action[], splits: ReadonlyMap<Id, Readonly<Record<string, number>>>): void {
  const rules = compileIdentityRules(settings);
  const oracle = new Oracle(settings, splits);
  const events = history.flatMap((action) => (action.kind === "event" ? [action.event] : []));
  const { state } = replay([], rules);
  for (const id of idsIn(events)) {
    const sides = splits.get(id);
    if (!sides) continue;
    state.addIdentifier({
      workspaceId: 1, key: id, namespace: id.slice(0, id.indexOf(":")), value: "", profileId: null, shared: false, yieldedTo: [],
      splits: { ...sides }, firstRow: 0, firstAtMs: 0, sourceId: 1,
    });
  }
  for (const action of history) {
    if (action.kind === "suppress") {
      suppress(state, action.id);
      oracle.suppress(action.id);
    } else {
      const resolution = resolve(toInput(action.event, rules), rules, state);
      expect(readable(resolution, events.length)).toEqual(oracle.event(action.event));
    }
    sound(state);
  }
  for (const id of idsIn(events)) {
    const identifier = state.identifier(id);
    expect([id, rowOf(identifier?.profileId ?? null, events.length)]).toEqual([id, oracle.owner(id)]);
    expect([id, identifier?.shared ?? false]).toEqual([id, oracle.isShared(id)]);
    expect((identifier?.yieldedTo ?? []).map((to) => rowOf(to, events.length))).toEqual(oracle.yieldedTo(id));
  }
  expect([...state.people.values()].map(({ firstRow }) => firstRow).toSorted((a, b) => a - b)).toEqual(oracle.people());
  expect([...state.edges.values()].map(({ kind, a, b }) => `${kind} ${a} ${b}`).toSorted()).toEqual(oracle.edges());
}

/** What must hold in every state: both directions of ownership agree, and nobody stands on two sides of a line. */
function sound(state: MemoryIdentityState): void {
  for (const person of state.people.values()) {
    for (const identifier of person.identifiers) expect(identifier.profileId).toBe(person.id);
    for (const [split, side] of Object.entries(person.splits)) {
      for (const identifier of person.identifiers) expect(identifier.splits[split] ?? side).toBe(side);
    }
    expect(person.links).not.toContain(person.id);
  }
  for (const { key, profileId } of state.identifiers.values()) {
    if (profileId !== null) expect(state.person(profileId)?.identifiers.filter((identifier) => identifier.key === key)).toHaveLength(1);
  }
}

describe("resolve against the oracle", () => {
  it("decides every event of a random history as the plain model does", () => {
    fc.assert(fc.property(anySettings(), anyHistory(), (settings, history) => follow(settings, history, new Map())), { numRuns: runs });
  });

  it("does so, too, where lines were drawn before", () => {
    fc.assert(fc.property(anySettings(), anyHistory(), anySplits(), follow), { numRuns: runs });
  });

  it("links the people whom the plain model links", () => {
    fc.assert(fc.property(anySettings(fc.constant("link")), anyEvents(), (settings, events) => {
      const oracle = new Oracle(settings);
      for (const event of events) oracle.event(event);
      const { state, mergedInto } = run(events, settings);
      for (const person of state.people.values()) {
        const links = new Set(person.links.map((id) => rowOf(mergedInto.get(id) ?? id, events.length)));
        links.delete(person.firstRow);
        expect(links).toEqual(oracle.linkedNow(person.firstRow));
      }
    }), { numRuns: runs });
  });
});

describe("the order of events", () => {
  it("makes no difference to who is one person where nothing is refused", () => {
    const shuffled = (events: OracleEvent[]) => fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length });
    const orders = anyEvents("trusted").chain((events) => fc.tuple(fc.constant(events), shuffled(events)));
    fc.assert(fc.property(orders, ([events, inOtherOrder]) => {
      const one = run(events, withoutLimits);
      const other = run(inOtherOrder.map((event, i) => ({ ...event, row: i + 1 })), withoutLimits);
      expect(one.steps.filter(({ kind }) => kind !== "merge")).toEqual([]);
      expect(partition(other.state)).toEqual(partition(one.state));
    }), { numRuns: runs });
  });

  it("gives each person the events that carry its identifiers, where nothing is refused", () => {
    fc.assert(fc.property(anyEvents("trusted"), (events) => {
      const { state, ownerOfRow } = run(events, withoutLimits);
      for (const event of events) {
        for (const id of event.ids) expect(state.identifier(id)?.profileId).toBe(ownerOfRow.get(event.row));
        if (event.ids.length === 0) expect(ownerOfRow.get(event.row)).toBeNull();
      }
    }), { numRuns: runs });
  });
});

describe("incremental resolution", () => {
  it("ends where resolving everything at once ends, wherever it was interrupted and its state read back", () => {
    fc.assert(fc.property(anySettings(), anyEvents(), fc.array(fc.nat(25), { maxLength: 3 }), (settings, events, cuts) => {
      const rules = compileIdentityRules(settings);
      const whole = run(events, settings);
      let state = memoryIdentityState();
      for (const [i, event] of events.entries()) {
        if (cuts.includes(i)) state = readBack(state);
        resolve(toInput(event, rules), rules, state);
      }
      expect(pictureOf(state)).toEqual(pictureOf(whole.state));
    }), { numRuns: runs });
  });
});

/** A state made of new objects only, as one that was stored and read again. */
function readBack(from: MemoryIdentityState): MemoryIdentityState {
  const to = memoryIdentityState();
  for (const identifier of from.identifiers.values()) {
    to.addIdentifier({ ...identifier, yieldedTo: [...identifier.yieldedTo], splits: { ...identifier.splits } });
  }
  for (const person of from.people.values()) {
    const identifiers = person.identifiers.flatMap(({ key }) => to.identifier(key) ?? []);
    to.addPerson({ ...person, identifiers, splits: { ...person.splits }, links: [...person.links] });
  }
  for (const edge of from.edges.values()) to.addEdge({ ...edge });
  return to;
}

describe("an unmerge", () => {
  // Two people with identifiers of their own, events of each, and events that carry one identifier of both.
  const ofA = ["user_id:1", "email:p", "device_id:d", "anonymous_id:a"];
  const ofB = ["email:q", "crm:x", "device_id:e", "anonymous_id:b"];
  const own = (ids: readonly Id[]) => fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: 3 });
  const joining = fc.tuple(fc.constantFrom(...ofA), fc.constantFrom(...ofB)).map((ids): Id[] => ids);
  const event = fc.oneof(
    own(ofA).map((ids) => ({ ids, joins: false })),
    own(ofB).map((ids) => ({ ids, joins: false })),
    joining.map((ids) => ({ ids, joins: true })),
  );
  const events = fc.array(event, { minLength: 2, maxLength: 25, size: "max" }).map((list) =>
    list.map(({ ids, joins }, i): OracleEvent & { joins: boolean } =>
      ({ ids, joins, row: i + 1, type: "identify", trust: "full", previous: null })));
  const rules = compileIdentityRules(withoutLimits);
  const lines = new Map<Id, Record<string, number>>();
  for (const id of ofA) lines.set(id, { "99": 0 });
  for (const id of ofB) lines.set(id, { "99": 1 });

  it("gives each side the people and the rows that it would have if the two had never met", () => {
    fc.assert(fc.property(events, (list) => {
      const split = replay(list.map((one) => toInput(one, rules)), rules, { splits: lines });
      const apart = replay(list.filter(({ joins }) => !joins).map((one) => toInput(one, rules)), rules);
      // Who has an event, as the group of identifiers of that person: ids may differ where a joining event came first.
      const group = ({ state }: { state: MemoryIdentityState }, id: string | null | undefined): string[] =>
        (id ? (state.person(id)?.identifiers ?? []) : []).map(({ key }) => key).toSorted();
      for (const { row, joins } of list) {
        if (!joins) expect(group(split, split.ownerOfRow.get(row))).toEqual(group(apart, apart.ownerOfRow.get(row)));
      }
      const seenApart = new Set(list.filter(({ joins }) => !joins).flatMap(({ ids }) => ids));
      for (const id of seenApart) {
        expect(group(split, split.state.identifier(id)?.profileId)).toEqual(group(apart, apart.state.identifier(id)?.profileId));
      }
    }), { numRuns: runs });
  });

  it("is never undone by the same events or by later ones, whatever the rules", () => {
    fc.assert(fc.property(anySettings(), anyEvents(), anySplits(), (settings, list, splits) => {
      const compiled = compileIdentityRules(settings);
      const { state } = replay(list.map((one) => toInput(one, compiled)), compiled, { splits });
      sound(state);
    }), { numRuns: runs });
  });
});

describe("two workspaces", () => {
  it("never touch each other, though the same values are sent to both in turns", () => {
    fc.assert(fc.property(anySettings(), anyEvents(), anyEvents(), (settings, first, second) => {
      const rules = compileIdentityRules(settings);
      const inputs: ResolveInput[] = [];
      for (let i = 0; i < Math.max(first.length, second.length); i++) {
        const [a, b] = [first[i], second[i]];
        if (a) inputs.push(toInput(a, rules, 1));
        if (b) inputs.push(toInput(b, rules, 2));
      }
      const state = memoryIdentityState();
      for (const input of inputs) resolve(input, rules, state);
      const alone = [run(first, settings, 1).state, run(second, settings, 2).state];
      for (const [i, one] of alone.entries()) expect(pictureOf(ofWorkspace(state, i + 1))).toEqual(pictureOf(one));
    }), { numRuns: runs });
  });
});

/** The part of the state that belongs to one workspace, as a view. */
function ofWorkspace(state: MemoryIdentityState, workspaceId: number): MemoryIdentityState {
  const only = <T extends { readonly workspaceId: number }>(map: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...map].filter(([, { workspaceId: id }]) => id === workspaceId));
  return { ...state, people: only(state.people), identifiers: only(state.identifiers), edges: only(state.edges) };
}
