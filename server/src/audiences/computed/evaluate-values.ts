// What computed traits are for people whom something happened to, or whose instant has come.
import type { Pool } from "pg";
import { NEVER } from "@tributary/schema/audience/window.ts";
import { reasonOf } from "../reason.ts";
import type { Cause } from "../membership-write.ts";
import type { PersonKeys } from "../standing.ts";
import type { LoadedPartition, LoadedWorkspace } from "../store.ts";
import type { TouchedPerson, TouchedReader, TouchedWorkspace } from "../touched.ts";
import { askValues, type BrokenTrait, type ValueDeps } from "./ask-values.ts";
import type { LoadedTrait } from "./loaded-traits.ts";
import type { ValueJudged } from "./values-write.ts";

export interface EvaluateDeps extends ValueDeps {
  readonly pool: Pool;
  readonly reader: TouchedReader;
}

export interface ValueOutcome {
  readonly judged: readonly ValueJudged[];
  readonly failed: readonly BrokenTrait[];
  /** Computed traits about which everybody has to be asked, for who is concerned is not known. */
  readonly askEverybody: readonly number[];
}

export const noValues: ValueOutcome = { judged: [], failed: [], askEverybody: [] };

export function joinedValues(parts: readonly ValueOutcome[]): ValueOutcome {
  return { judged: parts.flatMap(({ judged }) => judged), failed: parts.flatMap(({ failed }) => failed), askEverybody: parts.flatMap(({ askEverybody }) => askEverybody) };
}

interface ValuesAsked<Person extends Pick<PersonKeys, "profileId" | "ingestIds">> {
  readonly workspace: LoadedWorkspace;
  readonly traits: readonly LoadedTrait[];
  readonly people: readonly Person[];
  readonly nowMs: number;
  readonly causeOf: (person: Person, trait: LoadedTrait) => Cause;
}

export async function valuesOf<Person extends Pick<PersonKeys, "profileId" | "ingestIds">>(deps: ValueDeps, asked: ValuesAsked<Person>): Promise<ValueOutcome> {
  const { workspace, people, nowMs, causeOf } = asked;
  if (asked.traits.length === 0 || people.length === 0) return noValues;
  const answer = await askValues(deps, { workspaceId: workspace.workspaceId, around: workspace.around, traits: asked.traits, people, nowMs });
  // What failed is kept current no more, so what is left is all there is.
  const left = new Set(answer.failed.map(({ id }) => id));
  const isWhole = workspace.liveTraits.every(({ id }) => left.has(id) || answer.traits.some((trait) => trait.id === id));
  const judged = people.map((person): ValueJudged => {
    const found = answer.people.get(person.profileId);
    return {
      workspaceId: workspace.workspaceId, profileId: person.profileId, dueMs: found?.dueMs ?? NEVER, isWhole,
      values: answer.traits.map((trait) => ({ trait, json: found?.values.get(trait.id) ?? trait.rest, cause: causeOf(person, trait) })),
    };
  });
  return { judged, failed: answer.failed, askEverybody: [] };
}

/** Whoever has a new snapshot is asked about everything, of the others only what reads one of the events that came. */
export async function valuesOfTouched(deps: EvaluateDeps, workspace: LoadedWorkspace, { people, gone }: TouchedWorkspace, nowMs: number): Promise<ValueOutcome> {
  const live = workspace.liveTraits;
  if (live.length === 0) return noValues;
  const names = new Set(people.flatMap(({ events }) => events));
  const isAll = people.some((person) => person.hasNewSnapshot || person.merged.length > 0 || person.anew !== undefined);
  const traits = isAll ? live : live.filter(({ reads }) => (reads.events === "any" ? names.size > 0 : reads.events.some((name) => names.has(name))));
  const causeOf = (person: TouchedPerson, trait: LoadedTrait): Cause => ({ reason: reasonOf(person, trait), row: person.cause.rowId });
  const own = await valuesOf(deps, { workspace, traits, people, nowMs, causeOf });
  return joinedValues([own, await valuesOfAccounts(deps, workspace, { people, gone }, nowMs)]);
}

/** What somebody does may concern everybody of the same account. */
async function valuesOfAccounts(deps: EvaluateDeps, workspace: LoadedWorkspace, { people, gone }: Pick<TouchedWorkspace, "people" | "gone">, nowMs: number): Promise<ValueOutcome> {
  const traits = workspace.liveTraits.filter(({ reads }) => reads.accounts);
  if (traits.length === 0) return noValues;
  const known = new Set(people.map(({ profileId }) => profileId));
  const { profileIds, isWhole } = await deps.reader.accountsClosure(workspace.workspaceId, [...known]);
  const others = [...(await deps.reader.keysOf(workspace.workspaceId, profileIds.filter((id) => !known.has(id)))).values()];
  const row = Math.max(0, ...people.map(({ cause }) => cause.rowId));
  const found = await valuesOf(deps, { workspace, traits, people: others, nowMs, causeOf: () => ({ reason: "event", row }) });
  // Whom somebody who is gone, or was made anew, shared an account with before is not known any more.
  const isUnknown = !isWhole || gone.length > 0 || people.some(({ anew }) => anew !== undefined);
  return { ...found, askEverybody: isUnknown ? traits.map(({ id }) => id) : [] };
}

/** Those whose place on a list has changed. */
export async function valuesOfListed(deps: EvaluateDeps, workspace: LoadedWorkspace, people: readonly PersonKeys[], nowMs: number): Promise<ValueOutcome> {
  const traits = workspace.liveTraits.filter(({ reads }) => reads.lists.length > 0);
  return valuesOf(deps, { workspace, traits, people, nowMs, causeOf: () => ({ reason: "list", row: 0 }) });
}

/** The earliest instant of anybody; undefined: nobody waits. */
export async function nextDueValue({ pool }: Pick<EvaluateDeps, "pool">, workspaceIds: readonly number[]): Promise<number | undefined> {
  if (workspaceIds.length === 0) return undefined;
  const { rows } = await pool.query<{ due_at: string }>({
    name: "computed-next-due", text: "select due_at from computed_person where due_at is not null and workspace_id = any($1::integer[]) order by due_at limit 1", values: [workspaceIds],
  });
  return rows[0] && Number(rows[0].due_at);
}

/** Undefined when nobody's instant has come. */
export async function valuesOfDue(deps: EvaluateDeps, { workspaces }: LoadedPartition, nowMs: number): Promise<ValueOutcome | undefined> {
  const { rows } = await deps.pool.query<{ profile_id: string; workspace_id: number }>({
    name: "computed-due",
    text: `select profile_id, workspace_id from computed_person where due_at <= $1 and workspace_id = any($2::integer[]) order by due_at limit ${deps.limits.dueAtOnce}`,
    values: [nowMs, [...workspaces.keys()]],
  });
  if (rows.length === 0) return undefined;
  const parts: ValueOutcome[] = [];
  for (const [workspaceId, due] of Map.groupBy(rows, (row) => row.workspace_id)) {
    const workspace = workspaces.get(workspaceId);
    if (!workspace) continue;
    const ids = due.map((row) => row.profile_id);
    const keys = await deps.reader.keysOf(workspaceId, ids);
    const found = await valuesOf(deps, { workspace, traits: workspace.liveTraits, people: [...keys.values()], nowMs, causeOf: () => ({ reason: "deadline", row: 0 }) });
    const asked = new Set(found.judged.map(({ profileId }) => profileId));
    // Who was merged or suppressed meanwhile waits no more: their going lands in a moment. Nor does anybody of whom nothing is kept current.
    const idle = ids.filter((id) => !asked.has(id)).map((profileId): ValueJudged => ({ workspaceId, profileId, values: [], dueMs: NEVER, isWhole: true }));
    parts.push({ ...found, judged: [...found.judged.map((one) => ({ ...one, isWhole: true })), ...idle] });
  }
  return joinedValues(parts);
}
