// What the merge log says, with the events that caused it and the people it names as they are now.
import type { ClientBase } from "pg";
import type { z } from "zod";
import type { EvidenceEvent, explainedMerge, mergeEntry, PeopleNow } from "@tributary/schema/api/identity.ts";
import type { ApiServices } from "./api-services.ts";
import { iso } from "./iso.ts";
import { currentPeople, readPeople } from "./profile-store.ts";
import { deviceNamespacesOf, profileSummary } from "./profile-view.ts";

export const MERGES_SHOWN_MAX = 500;

export type MergeEntry = z.input<typeof mergeEntry>;

interface MergeRow {
  row_id: string;
  step: number;
  kind: MergeEntry["kind"];
  at: Date;
  survivor: string;
  other: string | null;
  reason: string;
  namespace: string | null;
  value: string | null;
  detail: Record<string, unknown>;
}

export interface MergeWish {
  /** Only entries that name one of these people; of the whole workspace when absent. */
  readonly ids?: readonly string[];
  readonly limit: number;
  readonly before?: readonly [number, number] | undefined;
  readonly row?: number;
  readonly kind?: string | undefined;
  readonly namespace?: string | undefined;
}

/** The latest first. */
export async function readMerges(db: ClientBase, workspaceId: number, wish: MergeWish): Promise<MergeEntry[]> {
  const { rows } = await db.query<MergeRow>(
    `select m.row_id, m.step, m.kind, m.at, m.survivor, m.other, m.reason, i.namespace, i.value, m.detail
       from merge_log m left join identifier i on i.key = m.identifier_key and i.workspace_id = m.workspace_id
      where m.workspace_id = $1 ${wish.ids === undefined ? "and $2::uuid[] is null" : "and (m.survivor = any($2::uuid[]) or m.other = any($2::uuid[]))"}
        and ($3::bigint is null or (m.row_id, m.step) < ($3, $4)) and ($5::bigint is null or m.row_id = $5)
        and ($7::text is null or m.kind = $7) and ($8::text is null or i.namespace = $8)
      order by m.row_id desc, m.step desc limit $6`,
    [workspaceId, wish.ids ?? null, wish.before?.[0] ?? null, wish.before?.[1] ?? null, wish.row ?? null, wish.limit, wish.kind ?? null, wish.namespace ?? null],
  );
  return rows.map((row) => ({
    row_id: Number(row.row_id),
    step: row.step,
    kind: row.kind,
    at: row.at.toISOString(),
    survivor: row.survivor,
    other: row.other,
    reason: row.reason,
    identifier: row.namespace === null || row.value === null || row.value === "" ? null : { namespace: row.namespace, value: row.value },
    detail: row.detail,
  }));
}

/** Whoever answers for these ids now; those whom nobody answers for, or who are suppressed, are left out. */
export async function readPeopleNow(services: ApiServices, workspaceId: number, ids: readonly string[], nowMs: number): Promise<PeopleNow> {
  const asked = [...new Set(ids)];
  if (asked.length === 0) return {};
  const devices = deviceNamespacesOf(await services.settings.get(workspaceId, nowMs));
  return services.deps.workspaceDb.run(workspaceId, async (db) => {
    const current = await currentPeople(db, workspaceId, asked);
    const people = new Map((await readPeople(db, workspaceId, asked)).map((one) => [one.id, one]));
    return Object.fromEntries(
      asked.flatMap((id) => {
        const person = people.get(current.get(id) ?? "");
        return person ? [[id, profileSummary(person.id, person.doc, devices)]] : [];
      }),
    );
  });
}

interface EventRow {
  row_id: number;
  message_id: string;
  type: string;
  event: string;
  at_ms: number;
  source_id: number;
}

export const EVIDENCE_COLUMNS = "row_id, message_id, type, event, toUnixTimestamp64Milli(timestamp) as at_ms, source_id";

export function shownEvidence({ row_id, message_id, type, event, at_ms, source_id }: EventRow): EvidenceEvent {
  return { row_id, message_id, type, event, at: iso(at_ms), source_id };
}

/** Events by their place in the log, among those that came in under one of these ids. */
export async function readCauses(
  services: ApiServices,
  workspaceId: number,
  ingestIds: readonly string[],
  rowIds: readonly number[],
): Promise<ReadonlyMap<number, EvidenceEvent>> {
  if (rowIds.length === 0 || ingestIds.length === 0) return new Map();
  const rows = await services.scan<EventRow>(
    workspaceId,
    `select ${EVIDENCE_COLUMNS} from events
      where workspace_id = {workspace:UInt32} and ingest_profile_id in {ids:Array(UUID)} and row_id in {rows:Array(UInt64)} and outcome = 'stored'
      limit {limit:UInt32}`,
    { ids: [...new Set(ingestIds)], rows: [...new Set(rowIds)], limit: rowIds.length },
  );
  return new Map(rows.map((row) => [row.row_id, shownEvidence(row)]));
}

export function explained(entries: readonly MergeEntry[], causes: ReadonlyMap<number, EvidenceEvent>): z.input<typeof explainedMerge>[] {
  return entries.map((entry) => ({ ...entry, cause: causes.get(entry.row_id) ?? null }));
}

/** Everybody whom entries name. */
export function namedIn(entries: readonly MergeEntry[]): string[] {
  return entries.flatMap(({ survivor, other }) => (other === null ? [survivor] : [survivor, other]));
}
