// Makes people anew from their events: the one primitive behind unmerge, its preview, and the withdrawal of an import.
// The events of a few people are read from ClickHouse and run, in log order, through the same `normalise`, `identify` and
// `fold` as when they came in, from nothing, with the lines of all unmerges in force from the start. So the result is what
// would stand had the excluded events never come, or the two sides never been joined.
import type { ClickHouseClient } from "@clickhouse/client";
import type { ClientBase } from "pg";
import { controlHeader, eventsHeader } from "@tributary/schema/log-record.ts";
import { defaultLimits } from "../../core/limits.ts";
import { foldTrait, setConsent } from "../../profiles/fold.ts";
import type { IdentifierState } from "../../identity/identity.ts";
import { previousIdentifiers } from "../../identity/identity.ts";
import { createBatch, type BatchEvent } from "../batch.ts";
import { isRefusal, readPayload, withoutUnwantedCharacters } from "../normalise/read-payload.ts";
import { fold } from "../stages/fold.ts";
import { identify } from "../stages/identify.ts";
import { normaliseEvent } from "../stages/normalise.ts";
import type { RuleBook } from "../workspace-rules.ts";
import { createWorld, type Person, type World } from "../world.ts";
import { carryOverExpired } from "./expired-evidence.ts";

/** More events than this are not folded anew at once; the control record is refused with the number. */
export const REFOLD_EVENTS_MAX = 2_000_000;

export class RefoldTooLarge extends Error {
  override readonly name = "RefoldTooLarge";
}

export interface RefoldRequest {
  readonly workspaceId: number;
  /** The people to make anew; with everybody who shares an ingest id with them, see `componentOf`. */
  readonly component: Component;
  /** Only events before this position count. */
  readonly beforeRow: number;
  /** Lines that hold besides those that the identifiers have already: key → split → side. */
  readonly splits: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /** Events of this import are left out. */
  readonly withoutImport?: number;
  /** Whether the workspace has ever let events expire (`hasExpiredEvents`): what only they spoke of is carried over. */
  readonly hasExpired: boolean;
}

export interface Refolded {
  /** Holds the resulting people and the changed identifiers; its changes are ready to be written. */
  readonly world: World;
  readonly people: readonly Person[];
  /** Rows whose `profile_id` in ClickHouse names somebody else than their person now: person → row_ids. */
  readonly reassigned: ReadonlyMap<string, number[]>;
  /** Former ids (of the component and all merged into it) → who answers for them now; undefined: nobody is left. */
  readonly answers: ReadonlyMap<string, string | undefined>;
  /** Identifiers for which no event speaks any more. */
  readonly orphaned: readonly IdentifierState[];
  readonly events: number;
}

export interface Component {
  readonly people: readonly Person[];
  readonly identifiers: readonly IdentifierState[];
  readonly ingestIds: readonly string[];
  /** Ids merged into one of the people: id → person. */
  readonly mergedInto: ReadonlyMap<string, string>;
}

/**
 * The people with these ids and everybody whose events stand under the same ingest ids (after an earlier unmerge). Suppressed
 * people stay out: nothing of them is folded again, and what recognises them is kept.
 */
export async function componentOf(db: ClientBase, world: World, ids: readonly string[]): Promise<Component> {
  const found = new Set<string>();
  let wanted = [...ids];
  const ingestIds = new Set<string>();
  while (wanted.length > 0) {
    await world.loadPeople(db, wanted);
    for (const id of wanted) {
      if (!world.hasPerson(id)) continue;
      found.add(id);
      for (const ingestId of world.held(id).ingestIds) ingestIds.add(ingestId);
    }
    const { rows } = await db.query<{ id: string }>(
      `select distinct coalesce(p.merged_into, p.id) as id from ingest_share s join profile p on p.id = s.profile_id where s.ingest_id = any($1::uuid[])`,
      [[...ingestIds]],
    );
    wanted = rows.map(({ id }) => id).filter((id) => !found.has(id));
  }
  const people = [...found].map((id) => world.held(id)).filter(({ state }) => !state.suppressed);
  // Whole rows: what their documents don't hold (yields, lines of unmerges) is needed too.
  await world.load(db, people.map((person) => person.state.identifiers));
  const { rows } = await db.query<{ id: string; merged_into: string }>(
    `select id, merged_into from profile where merged_into = any($1::uuid[])`, [people.map(({ state }) => state.id)],
  );
  return {
    people, identifiers: people.flatMap((person) => person.state.identifiers), ingestIds: [...ingestIds],
    mergedInto: new Map(rows.map((row) => [row.id, row.merged_into])),
  };
}

export async function refold(clickhouse: ClickHouseClient, rules: RuleBook, request: RefoldRequest, secret: string): Promise<Refolded> {
  const { component, workspaceId } = request;
  const former = new Set([...component.people.map(({ state }) => state.id), ...component.mergedInto.keys()]);
  const keysOf = new Map(component.people.map(({ state }) => [state.id, state.identifiers.map(({ key }) => key)]));
  const world = createWorld({ peopleMax: Number.MAX_SAFE_INTEGER, edgesMax: Number.MAX_SAFE_INTEGER });
  const seeded = component.identifiers.map((identifier): IdentifierState => ({
    ...identifier, profileId: null, yieldedTo: identifier.yieldedTo.filter((id) => !former.has(id)),
    splits: { ...identifier.splits, ...request.splits.get(identifier.key) },
  }));
  for (const identifier of seeded) world.seed(identifier);
  const keys = new Set(seeded.map(({ key }) => key));

  /** Who has now what a former person had: whoever answers for them when their own id is nobody's; the oldest of several. */
  const heirOf = (id: string): Person | undefined => {
    const heirs = (keysOf.get(component.mergedInto.get(id) ?? id) ?? []).flatMap((key) => {
      const owner = world.identifier(key)?.profileId;
      return owner ? [world.held(owner)] : [];
    });
    return heirs.toSorted((a, b) => a.state.firstRow - b.state.firstRow)[0];
  };

  const workspace = rules.of(workspaceId);
  const owners = new Map<number, { readonly id: string; readonly stored: string; readonly ingestId: string }>();
  const replayed = new Set<number>();
  let events = 0;
  for await (const row of readRows(clickhouse, request)) {
    if (request.hasExpired) replayed.add(Number(row.position));
    if (++events > REFOLD_EVENTS_MAX) throw new RefoldTooLarge(`These people have more than ${REFOLD_EVENTS_MAX} events; so many are not folded anew at once.`);
    if (row.outcome === "control") {
      applyControl(world, rules, workspaceId, row, heirOf);
      continue;
    }
    const item = replayItem(row);
    const batch = { ...createBatch(row.log_partition, [], 0), events: [item] };
    const normalised = normaliseEvent(item.received, workspace.normaliseContext(row.source_id));
    if ("outcome" in normalised) continue;
    // What the event said of other people's identifiers was refused when it came, and stays so.
    item.event = { ...normalised.event, identifiers: normalised.event.identifiers.filter(({ key }) => keys.has(key)) };
    if (item.event.type === "alias") {
      const context = { workspaceId, sourceId: row.source_id, secret, phoneCountry: undefined };
      item.previous = previousIdentifiers(item.event.previousId, workspace.identity, context).filter(({ key }) => keys.has(key));
    }
    identify(item, batch, world, rules);
    // Its only identifier was set aside since (shared by many): it stays with who it was given to.
    if (item.profileId === "" && !item.refusal) item.profileId = heirOf(row.profile_id)?.state.id ?? "";
    fold(item, world, rules);
    if (item.profileId !== "") owners.set(item.received.rowId, { id: item.profileId, stored: row.profile_id, ingestId: row.ingest_profile_id });
  }
  if (request.hasExpired) {
    await carryOverExpired({
      clickhouse, workspaceId, beforeRow: request.beforeRow, former: component.people, world, identifiers: seeded, replayed,
      rules: workspace.foldRules(0, false), heirOf,
    });
  }
  return summarise(world, seeded, owners, former, heirOf, events);
}

function summarise(
  world: World, seeded: readonly IdentifierState[], owners: ReadonlyMap<number, { id: string; stored: string; ingestId: string }>,
  former: ReadonlySet<string>, heirOf: (id: string) => Person | undefined, events: number,
): Refolded {
  const people = [...world.changes.people];
  for (const person of people) person.ingestIds = [person.state.id];
  const live = new Set(people.map(({ state }) => state.id));
  const answers = new Map<string, string | undefined>();
  for (const id of former) answers.set(id, live.has(id) ? id : world.changes.merged.has(id) ? world.final(id).state.id : heirOf(id)?.state.id);
  const reassigned = new Map<string, number[]>();
  for (const [row, { id, stored, ingestId }] of owners) {
    const owner = world.final(id);
    if (!owner.ingestIds.includes(ingestId)) owner.ingestIds.push(ingestId);
    const answer = answers.has(stored) ? answers.get(stored) : stored;
    if (answer === owner.state.id) continue;
    const rows = reassigned.get(owner.state.id);
    if (rows) rows.push(row);
    else reassigned.set(owner.state.id, [row]);
  }
  for (const identifier of seeded) world.changes.identifiers.add(identifier);
  const orphaned = seeded.filter((identifier) => identifier.profileId === null && !identifier.shared);
  for (const identifier of orphaned) world.changes.identifiers.delete(identifier);
  for (const person of people) world.changes.snapshots.add(person);
  return { world, people, reassigned, answers, orphaned, events };
}

interface EventRow {
  readonly position: string;
  readonly log_partition: number;
  readonly source_id: number;
  readonly outcome: string;
  readonly ingest_profile_id: string;
  readonly profile_id: string;
  readonly envelope: string;
  readonly raw: string;
}

const PAGE_ROWS = 10_000;

async function* readRows(clickhouse: ClickHouseClient, request: RefoldRequest): AsyncGenerator<EventRow> {
  let after = -1;
  for (;;) {
    const result = await clickhouse.query({
      // Base64: the payload as received may be any bytes.
      query: `select toString(row_id) as position, log_partition, source_id, outcome, ingest_profile_id, profile_id, envelope, base64Encode(raw) as raw
        from events where workspace_id = {workspace:UInt32} and ingest_profile_id in {ids:Array(UUID)} and outcome in ('stored', 'control')
          and row_id > {after:Int64} and row_id < {before:UInt64} and (import_id = 0 or import_id != {without:UInt32})
        order by row_id limit {limit:UInt32}`,
      query_params: {
        workspace: request.workspaceId, ids: request.component.ingestIds, after, before: request.beforeRow, without: request.withoutImport ?? 0,
        limit: PAGE_ROWS,
      },
      format: "JSONEachRow",
    });
    const rows = await result.json<EventRow>();
    yield* rows;
    if (rows.length < PAGE_ROWS) return;
    after = Number(rows.at(-1)?.position);
  }
}

function replayItem(row: EventRow): BatchEvent {
  const header = eventsHeader.parse(JSON.parse(row.envelope));
  return {
    received: { partition: row.log_partition, rowId: Number(row.position), header, indexInRecord: 0, raw: Buffer.from(row.raw, "base64") },
    event: undefined, refusal: undefined, profileId: "", previous: [], note: "", known: { messageId: "", event: "" },
  };
}

/** Traits and consents that were set by hand hold for whoever has the id now, or what the person with that id had. */
function applyControl(world: World, rules: RuleBook, workspaceId: number, row: EventRow, heirOf: (id: string) => Person | undefined): void {
  const { action, receivedAtMs } = controlHeader.parse(JSON.parse(row.envelope));
  if (action.kind !== "profile.edit" && action.kind !== "profile.consent") return;
  const isSomebody = world.hasPerson(action.profileId) || world.changes.merged.has(action.profileId);
  const person = isSomebody ? world.final(action.profileId) : heirOf(action.profileId);
  if (person) editPerson(person, action, { rowId: Number(row.position), receivedAtMs }, rules.of(workspaceId).foldRules(0, false));
}

/** Applies an edit by hand to a document; source 0 is "by hand". */
export function editPerson(
  person: Person,
  action: { kind: "profile.edit"; traits: Readonly<Record<string, unknown>> } | { kind: "profile.consent"; categories: Readonly<Record<string, boolean>>; atMs: number },
  at: { readonly rowId: number; readonly receivedAtMs: number },
  rules: Parameters<typeof foldTrait>[4],
): void {
  if (action.kind === "profile.edit") {
    const read = readPayload(JSON.stringify(action.traits), defaultLimits);
    if (isRefusal(read)) throw new Error(read.detail);
    for (const [name, value] of Object.entries(read.payload)) {
      foldTrait(person.doc, name, value, { row: at.rowId, source: 0, atMs: at.receivedAtMs }, rules);
    }
    return;
  }
  for (const [category, granted] of Object.entries(action.categories)) {
    setConsent(person.doc, withoutUnwantedCharacters(category), { granted, row: at.rowId, source: 0, atMs: action.atMs }, rules);
  }
}

