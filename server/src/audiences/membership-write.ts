// Writes who is in what: compares what was found with what stands, and in one Postgres transaction changes the people, the sizes,
// the log (as blocks of the outbox) and the evaluator's place. What has not changed is not written, so whatever is asked twice,
// as after a crash, is told once.
import type { ClientBase, Pool } from "pg";
import { NEVER } from "@tributary/schema/audience/window.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { writeAudienceRows, type AudienceLogRow, type AudienceReason, type AudienceRows } from "../pipeline/outbox/audience-outbox.ts";
import type { Verdict } from "./ask.ts";
import { movePlace, type Place } from "./place.ts";
import { withoutRemoved } from "./without-removed.ts";

export interface Cause {
  readonly reason: AudienceReason;
  /** row_id; 0: no record caused it. */
  readonly row: number;
}

export interface Judged {
  readonly workspaceId: number;
  readonly profileId: string;
  readonly verdict: Verdict;
  /** The audiences that were asked about: of the others nothing is known. */
  readonly asked: ReadonlySet<number>;
  /** Whether these are all that are kept current, so that the instant is theirs, whatever stood there. */
  readonly isWhole: boolean;
  readonly causeOf: (audienceId: number) => Cause;
}

export interface Left {
  readonly workspaceId: number;
  readonly profileId: string;
  readonly cause: Cause;
}

export interface MembershipWrite {
  readonly place: Place;
  readonly next: Pick<Place, "blockId" | "listBlockId" | "nowMs">;
  readonly judged: readonly Judged[];
  /** They are nobody any more. */
  readonly gone: readonly Left[];
  readonly versionOf: (audienceId: number) => number;
  /** Later instants are not kept: everybody is asked again before they come. */
  readonly dueBeforeMs: number;
  /** What else belongs into the transaction; what it gives is written with the log. */
  readonly also?: (tx: ClientBase) => Promise<Pick<AudienceRows, "lists" | "values">>;
}

export interface Written {
  readonly place: Place;
  /** Rows of the log, of lists, and of values. */
  readonly rows: number;
}

/** An instant that is not after the moment of asking would wake its person again and again. */
const DUE_AFTER_MS = 1_000;

export async function writeMemberships(pool: Pool, write: MembershipWrite): Promise<Written> {
  return inTransaction(pool, async (tx) => {
    const place = await movePlace(tx, write.place, write.next);
    const present = await withoutRemoved(tx, write);
    const stored = await readStored(tx, [...present.judged, ...present.gone].map(({ profileId }) => profileId));
    const changes = changesOf({ ...write, ...present }, stored);
    const { lists = [], values = [] } = (await write.also?.(tx)) ?? {};
    if (changes.log.length > 0 || lists.length > 0 || values.length > 0) {
      const { firstSeq } = await writeAudienceRows(tx, place.partition, { log: changes.log, lists, values });
      for (const [i, { profileId }] of changes.log.entries()) {
        const person = changes.people.get(profileId);
        if (person) person.seq = firstSeq + i;
      }
    }
    await writePeople(tx, [...changes.people.values()]);
    await writeSizes(tx, changes.log);
    return { place, rows: changes.log.length + lists.length + values.length };
  });
}

interface Stored {
  readonly memberOf: readonly number[];
  readonly dueAt: number | null;
  readonly seq: number;
}

async function readStored(tx: ClientBase, profileIds: readonly string[]): Promise<Map<string, Stored>> {
  if (profileIds.length === 0) return new Map();
  const { rows } = await tx.query<{ profile_id: string; member_of: number[]; due_at: string | null; seq: string }>({
    name: "audience-person-read",
    text: "select profile_id, member_of, due_at, seq from audience_person where profile_id = any($1::uuid[])",
    values: [profileIds],
  });
  return new Map(rows.map((row) => [row.profile_id, { memberOf: row.member_of, dueAt: row.due_at === null ? null : Number(row.due_at), seq: Number(row.seq) }]));
}

interface PersonRow {
  readonly workspaceId: number;
  readonly profileId: string;
  readonly memberOf: readonly number[];
  readonly dueAt: number | null;
  seq: number;
}

interface Changes {
  readonly log: AudienceLogRow[];
  readonly people: Map<string, PersonRow>;
}

function changesOf(write: Pick<MembershipWrite, "judged" | "gone" | "next" | "versionOf" | "dueBeforeMs">, stored: ReadonlyMap<string, Stored>): Changes {
  const changes: Changes = { log: [], people: new Map() };
  for (const { workspaceId, profileId, cause } of write.gone) {
    const before = stored.get(profileId);
    if (before === undefined) continue;
    for (const id of before.memberOf) changes.log.push(logRow(write, { workspaceId, profileId, audienceId: id, entered: false, cause }));
    changes.people.set(profileId, { workspaceId, profileId, memberOf: [], dueAt: null, seq: before.seq });
  }
  for (const person of write.judged) if (!changes.people.has(person.profileId)) judge(write, person, stored.get(person.profileId), changes);
  return changes;
}

function judge(write: Pick<MembershipWrite, "next" | "versionOf" | "dueBeforeMs">, person: Judged, before: Stored | undefined, changes: Changes): void {
  const { workspaceId, profileId, verdict, asked } = person;
  const was = new Set(before?.memberOf);
  const is = new Set(verdict.memberOf.filter((id) => asked.has(id)));
  const changed = [...asked].filter((id) => was.has(id) !== is.has(id)).toSorted((a, b) => a - b);
  for (const id of changed) changes.log.push(logRow(write, { workspaceId, profileId, audienceId: id, entered: is.has(id), cause: person.causeOf(id) }));
  const known = before?.dueAt ?? null;
  const dueAt = dueOf(person, known, write);
  if (changed.length === 0 && dueAt === known) return;
  const memberOf = changed.length === 0 ? [...was] : [...new Set([...[...was].filter((id) => !asked.has(id)), ...is])].toSorted((a, b) => a - b);
  changes.people.set(profileId, { workspaceId, profileId, memberOf, dueAt, seq: before?.seq ?? 0 });
}

/** Where not all were asked about, the instant of one of the others may stand there: only an earlier one replaces it. */
function dueOf({ verdict, isWhole }: Judged, known: number | null, { next: { nowMs }, dueBeforeMs }: Pick<MembershipWrite, "next" | "dueBeforeMs">): number | null {
  const found = verdict.dueMs >= dueBeforeMs ? null : verdict.dueMs > nowMs ? verdict.dueMs : nowMs + DUE_AFTER_MS;
  if (isWhole || known === null) return found;
  return found === null ? known : Math.min(found, known);
}

type Change = Pick<AudienceLogRow, "workspaceId" | "profileId" | "audienceId" | "entered"> & { readonly cause: Cause };

function logRow({ next, versionOf }: Pick<MembershipWrite, "next" | "versionOf">, { cause, ...change }: Change): AudienceLogRow {
  return { ...change, atMs: next.nowMs, reason: cause.reason, causeRow: cause.row, version: versionOf(change.audienceId) };
}

async function writePeople(tx: ClientBase, people: readonly PersonRow[]): Promise<void> {
  const [empty, kept] = [people.filter(isNobody), people.filter((person) => !isNobody(person))];
  if (empty.length > 0) {
    await tx.query({ name: "audience-person-drop", text: "delete from audience_person where profile_id = any($1::uuid[])", values: [empty.map(({ profileId }) => profileId)] });
  }
  if (kept.length === 0) return;
  await tx.query({
    name: "audience-person-write",
    text: `insert into audience_person as p (profile_id, workspace_id, member_of, due_at, seq)
      select i, w, string_to_array(m, ',')::integer[], d, s from unnest($1::uuid[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[]) as n (i, w, m, d, s)
      on conflict (profile_id) do update set member_of = excluded.member_of, due_at = excluded.due_at, seq = excluded.seq`,
    values: [
      kept.map(({ profileId }) => profileId), kept.map(({ workspaceId }) => workspaceId), kept.map(({ memberOf }) => memberOf.join(",")),
      kept.map(({ dueAt }) => dueAt), kept.map(({ seq }) => seq),
    ],
  });
}

/** In no audience, and nothing to wake them for. */
const isNobody = ({ memberOf, dueAt }: PersonRow): boolean => memberOf.length === 0 && dueAt === null;

async function writeSizes(tx: ClientBase, log: readonly AudienceLogRow[]): Promise<void> {
  const deltas = new Map<number, number>();
  for (const { audienceId, entered } of log) deltas.set(audienceId, (deltas.get(audienceId) ?? 0) + (entered ? 1 : -1));
  const changed = [...deltas].filter(([, delta]) => delta !== 0).toSorted(([a], [b]) => a - b);
  if (changed.length === 0) return;
  await tx.query({
    name: "audience-sizes",
    text: "update audience a set size = a.size + n.d from unnest($1::integer[], $2::integer[]) as n (i, d) where a.id = n.i",
    values: [changed.map(([id]) => id), changed.map(([, delta]) => delta)],
  });
}
