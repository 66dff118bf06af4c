// What a slice of landed blocks means for memberships: whom it touched, which audiences could care, and why each change came.
import type { Pool } from "pg";
import { ask, nobody, type AskDeps, type Answer } from "./ask.ts";
import { relistedRows } from "./list-members.ts";
import type { Judged, Left, MembershipWrite } from "./membership-write.ts";
import { joinedValues, noValues, valuesOfTouched, type ValueOutcome } from "./computed/evaluate-values.ts";
import { reasonOf } from "./reason.ts";
import type { PersonKeys } from "./standing.ts";
import type { BrokenAudience, LoadedAudience, LoadedPartition, LoadedWorkspace } from "./store.ts";
import type { BlockRange, GonePerson, TouchedPerson, TouchedReader, TouchedWorkspace } from "./touched.ts";

export interface BatchDeps extends AskDeps {
  readonly pool: Pool;
  readonly reader: TouchedReader;
}

export interface Outcome extends Pick<MembershipWrite, "judged" | "gone" | "also"> {
  readonly failed: readonly BrokenAudience[];
  /** Everybody who was asked about or is gone: whoever asks about everybody at the same time asks about them once more. */
  readonly touched: ReadonlyMap<number, readonly string[]>;
  /** Audiences about which everybody has to be asked, for who is concerned is not known. */
  readonly askEverybody: readonly number[];
  /** What computed traits are for those people. */
  readonly values: ValueOutcome;
}

/** Ids of those whose instant has come, by workspace. */
type Due = ReadonlyMap<number, readonly string[]>;

/** Those who are due are asked about in the same questions: most of what a question costs is what is asked, not of how many. */
export async function evaluateBlocks(deps: BatchDeps, loaded: LoadedPartition, { range, due, nowMs }: { readonly range: BlockRange; readonly due: Due; readonly nowMs: number }): Promise<Outcome> {
  const touched = await deps.reader.read(range);
  const parts: Outcome[] = [];
  for (const one of touched) {
    const workspace = loaded.workspaces.get(one.workspaceId);
    if (workspace) parts.push(await evaluateWorkspace(deps, workspace, { touched: one, due: due.get(one.workspaceId) ?? [], nowMs }));
  }
  return {
    ...joined(parts),
    // Lists follow their people whether or not any audience asks for them.
    ...(loaded.hasLists ? { also: async (tx) => ({ lists: (await Promise.all(touched.map((one) => relistedRows(tx, one)))).flat() }) } : {}),
  };
}

export async function evaluateDue(deps: BatchDeps, loaded: LoadedPartition, due: Due, nowMs: number): Promise<Outcome> {
  const parts: Outcome[] = [];
  for (const [workspaceId, ids] of due) {
    const workspace = loaded.workspaces.get(workspaceId);
    if (workspace) parts.push(await evaluatePeople(deps, workspace, { people: [], due: ids, nowMs }));
  }
  return joined(parts);
}

export function joined(parts: readonly Outcome[]): Outcome {
  return {
    judged: parts.flatMap(({ judged }) => judged), gone: parts.flatMap(({ gone }) => gone), failed: parts.flatMap(({ failed }) => failed),
    touched: new Map(parts.flatMap(({ touched }) => [...touched])), askEverybody: parts.flatMap(({ askEverybody }) => askEverybody),
    values: joinedValues(parts.map(({ values }) => values)),
  };
}

interface Waiting {
  readonly due: readonly string[];
  readonly nowMs: number;
}

async function evaluateWorkspace(deps: BatchDeps, workspace: LoadedWorkspace, { touched, due, nowMs }: Waiting & { readonly touched: TouchedWorkspace }): Promise<Outcome> {
  const goneIds = new Set(touched.gone.map(({ profileId }) => profileId));
  const all = await evaluatePeople(deps, workspace, { people: touched.people, due: due.filter((id) => !goneIds.has(id)), nowMs });
  const byAccount = await evaluateAccounts(deps, workspace, touched, nowMs);
  return {
    judged: [...all.judged, ...byAccount.judged], failed: [...all.failed, ...byAccount.failed], askEverybody: byAccount.askEverybody,
    gone: touched.gone.map((one) => leftOf(workspace.workspaceId, one, touched)),
    touched: new Map([[workspace.workspaceId, [...all.judged, ...touched.people, ...touched.gone, ...byAccount.judged].map(({ profileId }) => profileId)]]),
    values: await valuesOfTouched(deps, workspace, touched, nowMs),
  };
}

/** Those to whom something happened, and those whose instant has come. */
async function evaluatePeople(deps: BatchDeps, workspace: LoadedWorkspace, { people, due, nowMs }: Waiting & { readonly people: readonly TouchedPerson[] }): Promise<Outcome> {
  const touched = new Set(people.map(({ profileId }) => profileId));
  const waiting = due.filter((id) => !touched.has(id));
  const keys = await deps.reader.keysOf(workspace.workspaceId, waiting);
  const parts: Outcome[] = [];
  for (const group of groupsOf(deps, workspace, { people, due: new Set(due), waiting: [...keys.values()] })) {
    const answer = await ask(deps, { workspace, audiences: group.audiences, people: [...group.people, ...group.waiting], nowMs });
    // What failed is not live from now on, so what is left is all there is.
    const woken = judgedAlike(workspace, group.waiting, answer, { reason: "deadline", row: 0 }).map((one) => ({ ...one, isWhole: true }));
    parts.push(outcomeOf(workspace, group.people, answer), { ...joined([]), judged: woken });
  }
  // Who was merged or suppressed meanwhile waits no more: their going lands in a moment, and says why.
  const gone = waiting.filter((id) => !keys.has(id)).map((profileId): Judged => ({
    workspaceId: workspace.workspaceId, profileId, verdict: { memberOf: [], dueMs: Infinity }, asked: new Set(), isWhole: true, causeOf: () => ({ reason: "deletion", row: 0 }),
  }));
  const all = joined([...parts, { ...joined([]), judged: gone }]);
  return { ...all, touched: new Map([[workspace.workspaceId, all.judged.map(({ profileId }) => profileId)]]) };
}

interface Group {
  readonly people: readonly TouchedPerson[];
  readonly waiting: readonly PersonKeys[];
  readonly audiences: readonly LoadedAudience[];
}

/** Above this share of the audiences, a question about all of them for everybody costs less than two. */
const CARING_SHARE = 0.5;

/**
 * Whoever has a new snapshot is asked about everything, for whom an audience is drawn from changes with it, and so is whose instant
 * has come. Of the others only those audiences are asked that read one of the events that came, unless those are most of them.
 */
function groupsOf(
  { limits }: BatchDeps, { live }: LoadedWorkspace, { people, due, waiting }: { readonly people: readonly TouchedPerson[]; readonly due: ReadonlySet<string>; readonly waiting: readonly PersonKeys[] },
): Group[] {
  const isAskedAll = (person: TouchedPerson): boolean => needsAll(person) || due.has(person.profileId);
  const [changed, others] = [people.filter(isAskedAll), people.filter((person) => !isAskedAll(person))];
  const names = new Set(others.flatMap(({ events }) => events));
  const caring = live.filter((audience) => readsAny(audience, names));
  const isOneQuery = live.length <= limits.audiencesAtOnce && live.reduce((sum, { conditions }) => sum + conditions, 0) <= limits.conditionsAtOnce;
  const isOneQuestion = changed.length + waiting.length > 0 && (isOneQuery || caring.length > live.length * CARING_SHARE);
  const groups = isOneQuestion ? [{ people, waiting, audiences: live }] : [{ people: changed, waiting, audiences: live }, { people: others, waiting: [], audiences: caring }];
  // Also with nothing to ask about, whoever was woken waits no more.
  return groups.filter((group) => group.waiting.length > 0 || (group.people.length > 0 && group.audiences.length > 0));
}

const needsAll = (person: TouchedPerson): boolean => person.hasNewSnapshot || person.merged.length > 0 || person.anew !== undefined;

const readsAny = ({ reads }: LoadedAudience, names: ReadonlySet<string>): boolean => reads.events === "any" ? names.size > 0 : reads.events.some((name) => names.has(name));

function outcomeOf(workspace: LoadedWorkspace, people: readonly TouchedPerson[], { verdicts, audiences, failed }: Answer): Outcome {
  const asked = new Set(audiences.map(({ id }) => id));
  const byId = new Map(audiences.map((audience) => [audience.id, audience]));
  const isWhole = audiences.length === workspace.live.length;
  const judged = people.map((person): Judged => ({
    workspaceId: workspace.workspaceId, profileId: person.profileId, verdict: verdicts.get(person.profileId) ?? nobody, asked, isWhole,
    causeOf: (id) => ({ reason: reasonOf(person, byId.get(id)!), row: person.cause.rowId }), // Of those that were asked.
  }));
  return { judged, failed, gone: [], touched: new Map(), askEverybody: [], values: noValues };
}

function leftOf(workspaceId: number, { profileId, why, into }: GonePerson, { people, controls }: TouchedWorkspace): Left {
  const row = why === "merged"
    ? (people.find((person) => person.profileId === into)?.cause.rowId ?? 0)
    : (controls.findLast((control) => control.profileId === profileId || control.profileId === undefined)?.rowId ?? 0);
  return { workspaceId, profileId, cause: { reason: why === "merged" ? "merge" : "deletion", row } };
}

// ── Accounts ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** What somebody does may concern everybody of the same account. */
async function evaluateAccounts(deps: BatchDeps, workspace: LoadedWorkspace, touched: TouchedWorkspace, nowMs: number): Promise<Outcome> {
  const audiences = workspace.live.filter(({ reads }) => reads.accounts);
  const nothing: Outcome = joined([]);
  if (audiences.length === 0) return nothing;
  const known = new Map(touched.people.map((person) => [person.profileId, person]));
  const caused = touched.people.filter((person) => needsAll(person) || audiences.some((audience) => readsAny(audience, new Set(person.events))));
  const { profileIds, isWhole } = await deps.reader.accountsClosure(workspace.workspaceId, caused.map(({ profileId }) => profileId));
  // Whom somebody who is gone, or was made anew, shared an account with before is not known any more.
  const askEverybody = !isWhole || touched.gone.length > 0 || touched.people.some(({ anew }) => anew !== undefined) ? audiences.map(({ id }) => id) : [];
  const others = profileIds.filter((id) => !known.has(id));
  const keys = [...(await deps.reader.keysOf(workspace.workspaceId, others)).values()];
  const last = caused.reduce<TouchedPerson | undefined>((latest, person) => ((latest?.cause.rowId ?? -1) < person.cause.rowId ? person : latest), undefined);
  if (keys.length === 0 || last === undefined) return { ...nothing, askEverybody };
  const answer = await ask(deps, { workspace, audiences, people: keys, nowMs });
  return { ...nothing, judged: judgedAlike(workspace, keys, answer, { reason: "event", row: last.cause.rowId }), failed: answer.failed, askEverybody };
}

/** People of whom all that is known is one cause. */
export function judgedAlike(workspace: LoadedWorkspace, people: readonly Pick<PersonKeys, "profileId">[], { verdicts, audiences }: Answer, cause: ReturnType<Judged["causeOf"]>): Judged[] {
  const asked = new Set(audiences.map(({ id }) => id));
  const isWhole = audiences.length === workspace.live.length && workspace.live.every(({ id }) => asked.has(id));
  return people.map(({ profileId }) => ({ workspaceId: workspace.workspaceId, profileId, verdict: verdicts.get(profileId) ?? nobody, asked, isWhole, causeOf: () => cause }));
}
