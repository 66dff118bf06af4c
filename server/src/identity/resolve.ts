// Who is who: takes the identifiers of one event and the state before it, changes the state, and says which person the
// event belongs to and why. Events are resolved in log order; within an event the identifiers decide in the order of
// their namespaces, then by position. Where limits make the order matter, this is the order that counts.
//
// 1. Set aside: shared identifiers, and identifiers of people that are only claimed (see Trust).
// 2. The strongest identifier, the hub, decides the person. If nobody has it yet, it joins the strongest person of the
//    event who can take it, else it starts a new person.
// 3. Each weaker identifier that nobody has is attached; one that belongs to someone else merges the two people, or
//    yields: it stays where it is, with the reason. After yielding to `sharedAfter` people it counts as shared.
import { assert } from "../core/errors.ts";
import {
  isClaimed, sortOut, suppressedClaim, withPrevious, type Candidate, type IgnoredIdentifier, type ResolveInput, type Sorted,
} from "./candidates.ts";
import type { EventIdentifier } from "./extract-identifiers.ts";
import { profileIdOf } from "./identifier-key.ts";
import type { Edge, IdentifierState, IdentityState, PersonState } from "./identity-state.ts";
import { refusalToAttach, refusalToMerge, type RefusalReason } from "./refusal.ts";
import type { IdentityRules } from "./rules.ts";

/** The most people that the strategy `link` connects to one person. */
export const LINKS_MAX = 100;

/** One line of the merge log, in the order in which it happened. All kinds have the same fields, as the table has. */
export interface MergeStep {
  readonly step: number;
  readonly kind: "merge" | "refused" | "shared" | "link";
  /** merge: who stays. refused, link: whom the event belongs to. shared: who had the identifier, else whom it yielded to. */
  readonly survivor: string;
  /** merge: who is gone. refused: who keeps the identifier, null for nobody. shared: whom it yielded to last. link: the other. */
  readonly other: string | null;
  readonly reason: "seen_together" | "alias" | "shared_after" | "sign_in" | RefusalReason;
  readonly identifierKey: string;
}

export interface Resolution {
  /** Null when nothing in the event says who it is. */
  readonly profileId: string | null;
  /** Whether this event made the person. */
  readonly created: boolean;
  /** The person is suppressed: nothing of the event may be folded or sent. */
  readonly suppressed: boolean;
  readonly steps: readonly MergeStep[];
  /** Identifiers that were tied to the event's person by this event, new to the state or free until now. */
  readonly attached: readonly IdentifierState[];
  /** All identifiers that are new or whose state changed; each once. */
  readonly changedIdentifiers: ReadonlySet<IdentifierState>;
  /** All people, still in the state, that are new or whose state changed; each once. */
  readonly changedPeople: ReadonlySet<PersonState>;
  readonly ignored: readonly IgnoredIdentifier[];
}

/** What is being worked out for one event. */
interface Work {
  readonly input: ResolveInput;
  readonly rules: IdentityRules;
  readonly state: IdentityState;
  created: boolean;
  readonly steps: MergeStep[];
  readonly attached: IdentifierState[];
  readonly changedIdentifiers: Set<IdentifierState>;
  readonly changedPeople: Set<PersonState>;
  readonly ignored: IgnoredIdentifier[];
}

/** Changes `state` by one event. The same input, rules and state always give the same result. */
export function resolve(input: ResolveInput, rules: IdentityRules, state: IdentityState): Resolution {
  return resolveKnown(input, rules, state) ?? resolveFully(input, rules, state);
}

const nothing: readonly never[] = [];
const nobody: ReadonlySet<never> = new Set<never>();

/** The common case: everything in the event is known and belongs to one person, so that nothing changes but edges. */
function resolveKnown(input: ResolveInput, rules: IdentityRules, state: IdentityState): Resolution | null {
  const hub = input.identifiers[0];
  if (hub === undefined || input.previous.length > 0) return null;
  const owner = state.identifier(hub.key)?.profileId;
  if (!owner) return null;
  for (const id of input.identifiers) {
    const known = state.identifier(id.key);
    if (known === undefined || known.shared || known.profileId !== owner) return null;
    if (isClaimed(id, rules.byName.get(id.namespace), input, rules, state)) return null;
    if (!rules.byName.has(id.namespace)) return null;
  }
  const person = personOf(state, owner);
  if (!person.suppressed) for (let i = 1; i < input.identifiers.length; i++) keepEdge(input, state, hub, input.identifiers[i], "seen");
  return {
    profileId: owner, created: false, suppressed: person.suppressed, steps: nothing, attached: nothing,
    changedIdentifiers: nobody, changedPeople: nobody, ignored: nothing,
  };
}

function resolveFully(input: ResolveInput, rules: IdentityRules, state: IdentityState): Resolution {
  const work: Work = {
    input, rules, state, created: false, steps: [], attached: [], changedIdentifiers: new Set(), changedPeople: new Set(), ignored: [],
  };
  const sorted = sortOut(input, rules, state, work.ignored);
  const suppressed = suppressedClaim(sorted.claimed, state);
  if (suppressed) return finish(work, suppressed);
  const { active, shared } = sorted;
  const person = active.length > 0 ? ofActive(work, withPrevious(input, active, rules, state)) : ofSharedOnly(work, shared);
  if (person && !person.suppressed) keepEdges(work, sorted);
  return finish(work, person);
}

function finish(work: Work, person: PersonState | null): Resolution {
  return {
    profileId: person?.id ?? null,
    created: work.created,
    suppressed: person?.suppressed ?? false,
    steps: work.steps,
    attached: work.attached,
    changedIdentifiers: work.changedIdentifiers,
    changedPeople: work.changedPeople,
    ignored: work.ignored,
  };
}

function ofActive(work: Work, candidates: readonly Candidate[]): PersonState {
  const hub = candidates[0];
  assert(hub !== undefined, "an event is resolved by its identifiers");
  let target = targetOf(work, hub, candidates);
  for (let i = 1; i < candidates.length; i++) {
    const candidate = candidates[i];
    if (candidate !== undefined) target = consider(work, target, hub, candidate);
  }
  return target;
}

/** The person whom the hub decides. */
function targetOf(work: Work, hub: Candidate, candidates: readonly Candidate[]): PersonState {
  if (hub.known?.profileId) return personOf(work.state, hub.known.profileId);
  for (const candidate of candidates) {
    // What is only looked up must not decide whose a stronger identifier is.
    if (!candidate.known?.profileId || (candidate.rule.isLookupOnly && !hub.rule.isLookupOnly)) continue;
    const person = personOf(work.state, candidate.known.profileId);
    if (refusalToAttach(hub, person, work.rules, candidate.byAlias)) continue;
    attach(work, hub, person);
    return person;
  }
  return createPerson(work, hub);
}

/** Deals with one weaker identifier; gives the event's person, who is another one after a merge. */
function consider(work: Work, target: PersonState, hub: Candidate, candidate: Candidate): PersonState {
  const { state, input, rules } = work;
  const owner = candidate.known?.profileId ? personOf(state, candidate.known.profileId) : null;
  if (owner === target) return target;
  if (target.suppressed) {
    if (!owner && !refusalToAttach(candidate, target, rules, candidate.byAlias)) attach(work, candidate, target);
    return target;
  }
  const reason = owner
    ? refusalToMerge(candidate, target, owner, rules, input.trust)
    : refusalToAttach(candidate, target, rules, candidate.byAlias);
  if (reason) yieldTo(work, candidate, { target, hub, owner, reason });
  else if (owner) return merge(work, target, owner, candidate);
  else attach(work, candidate, target);
  return target;
}

function createPerson(work: Work, candidate: Candidate): PersonState {
  const { workspaceId, rowId } = work.input;
  const person: PersonState = {
    workspaceId, id: profileIdOf(workspaceId, rowId), firstRow: rowId, identifiers: [], splits: {}, suppressed: false, links: [],
  };
  work.state.addPerson(person);
  work.created = true;
  attach(work, candidate, person);
  return person;
}

/** Ties an identifier that nobody has to the person. */
function attach(work: Work, candidate: Candidate, person: PersonState): void {
  const identifier = rememberIdentifier(work, candidate);
  identifier.profileId = person.id;
  person.identifiers.push(identifier);
  Object.assign(person.splits, identifier.splits);
  work.attached.push(identifier);
  work.changedIdentifiers.add(identifier);
  work.changedPeople.add(person);
}

/** The stored identifier; made, belonging to nobody, if this is the first time that it is seen. */
function rememberIdentifier(work: Work, candidate: Candidate): IdentifierState {
  if (candidate.known) return candidate.known;
  const { input } = work;
  const identifier: IdentifierState = {
    workspaceId: input.workspaceId,
    key: candidate.id.key,
    namespace: candidate.id.namespace,
    value: candidate.id.value,
    profileId: null,
    shared: false,
    yieldedTo: [],
    splits: {},
    firstRow: input.rowId,
    firstAtMs: input.atMs,
    sourceId: input.sourceId,
  };
  candidate.known = identifier;
  work.state.addIdentifier(identifier);
  work.changedIdentifiers.add(identifier);
  return identifier;
}

/** Joins two people; the one with the older first row stays. */
function merge(work: Work, target: PersonState, owner: PersonState, candidate: Candidate): PersonState {
  const [survivor, loser] = target.firstRow < owner.firstRow ? [target, owner] : [owner, target];
  for (const identifier of loser.identifiers) {
    identifier.profileId = survivor.id;
    survivor.identifiers.push(identifier);
    work.changedIdentifiers.add(identifier);
  }
  Object.assign(survivor.splits, loser.splits);
  for (const id of loser.links) if (id !== survivor.id) addLink(survivor, id);
  const formerly = survivor.links.indexOf(loser.id);
  if (formerly >= 0) survivor.links.splice(formerly, 1);
  work.state.removePerson(loser.id);
  work.changedPeople.add(survivor);
  work.changedPeople.delete(loser);
  const reason = candidate.byAlias ? "alias" : "seen_together";
  addStep(work, candidate, { kind: "merge", survivor: survivor.id, other: loser.id, reason });
  return survivor;
}

/** Reasons that say nothing about the identifier being used by many people; they never make it count as shared. */
function countsTowardsShared(reason: RefusalReason): boolean {
  return reason === "limit" || reason === "cannot_link";
}

/** What an identifier that yields meets. `owner`: who keeps it, null for nobody. */
interface Yielding {
  readonly target: PersonState;
  readonly hub: Candidate;
  readonly owner: PersonState | null;
  readonly reason: RefusalReason;
}

/** The identifier stays where it is. Recorded once per pair. */
function yieldTo(work: Work, candidate: Candidate, { target, hub, owner, reason }: Yielding): void {
  const identifier = rememberIdentifier(work, candidate);
  const refused = { kind: "refused", survivor: target.id, other: owner?.id ?? null, reason } as const;
  if (!countsTowardsShared(reason)) {
    const isFirst = keepEdge(work.input, work.state, hub.id, candidate.id, "seen");
    // An identifier that nobody has and that is merely kept apart was refused by nobody.
    if (isFirst && owner) addStep(work, candidate, refused);
    if (reason === "isolated" && owner && work.rules.signIn === "link") link(work, candidate, { target, hub, owner });
    return;
  }
  if (identifier.yieldedTo.includes(target.id)) return;
  identifier.yieldedTo.push(target.id);
  work.changedIdentifiers.add(identifier);
  addStep(work, candidate, refused);
  if (identifier.yieldedTo.length >= candidate.rule.sharedAfter) share(work, candidate, identifier, { target, owner });
}

/** Sets an identifier aside. It leaves its person, unless that person has nothing else and so is its own. */
function share(work: Work, candidate: Candidate, identifier: IdentifierState, { target, owner }: Pick<Yielding, "target" | "owner">): void {
  identifier.shared = true;
  if (owner && owner.identifiers.length > 1) {
    owner.identifiers.splice(owner.identifiers.indexOf(identifier), 1);
    identifier.profileId = null;
    work.changedPeople.add(owner);
  }
  addStep(work, candidate, { kind: "shared", survivor: owner?.id ?? target.id, other: target.id, reason: "shared_after" });
}

/** Remembers on both people that they were seen together. */
function link(work: Work, candidate: Candidate, { target, hub, owner }: { target: PersonState; hub: Candidate; owner: PersonState }): void {
  keepEdge(work.input, work.state, hub.id, candidate.id, "link");
  const isNew = addLink(target, owner.id);
  const isNewThere = addLink(owner, target.id);
  if (isNew) work.changedPeople.add(target);
  if (isNewThere) work.changedPeople.add(owner);
  if (isNew || isNewThere) addStep(work, candidate, { kind: "link", survivor: target.id, other: owner.id, reason: "sign_in" });
}

function addLink(person: PersonState, id: string): boolean {
  if (person.links.length >= LINKS_MAX || person.links.includes(id)) return false;
  person.links.push(id);
  return true;
}

/** The person of an event that carries nothing but shared identifiers: one of the strongest one's own. */
function ofSharedOnly(work: Work, shared: readonly Candidate[]): PersonState | null {
  const strongest = shared[0];
  if (strongest === undefined) return null;
  if (strongest.known?.profileId) return personOf(work.state, strongest.known.profileId);
  return createPerson(work, strongest);
}

/** The evidence: a star from the strongest identifier to each other one, and each claim with the devices it came from. */
function keepEdges({ input, state }: Work, { active, shared, claimed }: Sorted): void {
  const hub = active[0] ?? shared[0];
  if (hub === undefined) return;
  for (const other of active) keepEdge(input, state, hub.id, other.id, "seen");
  for (const other of shared) keepEdge(input, state, hub.id, other.id, "seen");
  for (const claim of claimed) {
    for (const device of active) if (device.rule.isDevice) keepEdge(input, state, claim.id, device.id, "claimed");
    for (const device of shared) if (device.rule.isDevice) keepEdge(input, state, claim.id, device.id, "claimed");
  }
}

/** True when the pair had no edge of this kind. */
function keepEdge(
  input: ResolveInput, state: IdentityState, one: EventIdentifier, other: EventIdentifier | undefined, kind: Edge["kind"],
): boolean {
  if (other === undefined || one.key === other.key) return false;
  const [a, b] = one.key < other.key ? [one.key, other.key] : [other.key, one.key];
  return state.addEdge({ workspaceId: input.workspaceId, a, b, kind, rowId: input.rowId, atMs: input.atMs, sourceId: input.sourceId });
}

function addStep({ steps }: Work, candidate: Candidate, what: Pick<MergeStep, "kind" | "survivor" | "other" | "reason">): void {
  const { kind, survivor, other, reason } = what;
  steps.push({ step: steps.length, kind, survivor, other, reason, identifierKey: candidate.id.key });
}

function personOf(state: IdentityState, id: string): PersonState {
  const person = state.person(id);
  assert(person !== undefined, "every identifier's person is in the state");
  return person;
}
