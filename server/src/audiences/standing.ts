// Who answers today for ids under which something came in, as Postgres has it.
import type { Pool } from "pg";
import { removedAmong } from "../pipeline/outbox/audience-outbox.ts";

/** Under which ids a person's events stand in ClickHouse: `ingest_profile_id in ingestIds and profile_id in owners`, as the API reads them. */
export interface PersonKeys {
  readonly profileId: string;
  readonly workspaceId: number;
  readonly ingestIds: readonly string[];
  readonly owners: readonly string[];
}

export interface Standings {
  /** An id → who answers for it: one person, or several among whom its events were divided. */
  readonly answers: ReadonlyMap<string, readonly string[]>;
  /** Those who are there: neither merged away nor suppressed. */
  readonly people: ReadonlyMap<string, PersonKeys>;
  readonly mergedInto: ReadonlyMap<string, string>;
  readonly suppressed: ReadonlySet<string>;
  /** "<workspace> <row_id>" of control records that made people anew. */
  readonly refolds: ReadonlyMap<string, "unmerge" | "withdrawal">;
  /** Workspaces that are no more. */
  readonly removed: ReadonlySet<number>;
}

interface StandingsWish {
  readonly workspaceIds: readonly number[];
  readonly ids: readonly string[];
  /** Positions of which it is asked whether they made people anew. */
  readonly refoldRows: readonly number[];
}

export async function readStandings(pool: Pool, wish: StandingsWish): Promise<Standings> {
  const [{ answers, rows }, refolds, removed] = await Promise.all([readPeople(pool, wish.ids), readRefolds(pool, wish), removedAmong(pool, wish.workspaceIds)]);
  const isThere = (row: PersonRow): boolean => row.merged_into === null && !row.suppressed;
  return {
    answers,
    people: new Map(rows.filter(isThere).map((row) => [row.id, keysOf(row)])),
    mergedInto: new Map(rows.flatMap((row) => (row.merged_into === null ? [] : [[row.id, row.merged_into]]))),
    suppressed: new Set(rows.filter((row) => row.suppressed).map((row) => row.id)),
    refolds, removed,
  };
}

interface PersonRow {
  readonly id: string;
  readonly workspace_id: number;
  readonly merged_into: string | null;
  readonly suppressed: boolean;
  readonly ingest_ids: readonly string[];
  readonly merged_ids: readonly string[];
}

/** Those under these ids and those who answer for them. */
async function readPeople(pool: Pool, ids: readonly string[]): Promise<{ readonly answers: Map<string, string[]>; readonly rows: readonly PersonRow[] }> {
  const answers = await readAnswers(pool, ids);
  const { rows } = await pool.query<PersonRow>(
    `select id, workspace_id, merged_into, suppressed, ingest_ids, array(select m.id from profile m where m.merged_into = p.id) as merged_ids
     from profile p where id = any($1::uuid[])`,
    [[...new Set([...ids, ...[...answers.values()].flat()])]],
  );
  return { answers, rows };
}

function keysOf(row: PersonRow): PersonKeys {
  const owners = [row.id, ...row.merged_ids];
  return { profileId: row.id, workspaceId: row.workspace_id, ingestIds: [...new Set([...row.ingest_ids, ...owners])], owners };
}

async function readAnswers(pool: Pool, ids: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await pool.query<{ given: string; person: string }>(
    `select id as given, coalesce(merged_into, id) as person from profile where id = any($1::uuid[])
     union select s.ingest_id, coalesce(p.merged_into, p.id) from ingest_share s join profile p on p.id = s.profile_id where s.ingest_id = any($1::uuid[])`,
    [ids],
  );
  const answers = new Map<string, string[]>();
  for (const { given, person } of rows) answers.set(given, [...(answers.get(given) ?? []), person]);
  return answers;
}

/** `profile.unmerge` is noted in the log of merges, `import.withdraw` with its import. */
async function readRefolds(pool: Pool, { workspaceIds, refoldRows }: StandingsWish): Promise<Standings["refolds"]> {
  if (refoldRows.length === 0) return new Map();
  const { rows } = await pool.query<{ workspace_id: number; row: string; by: "unmerge" | "withdrawal" }>(
    `select distinct workspace_id, row_id as row, 'unmerge' as by from merge_log where workspace_id = any($1::integer[]) and row_id = any($2::bigint[]) and kind = 'unmerge'
     union select workspace_id, withdrawn_row, 'withdrawal' from import where workspace_id = any($1::integer[]) and withdrawn_row = any($2::bigint[])`,
    [workspaceIds, refoldRows],
  );
  return new Map(rows.map(({ workspace_id, row, by }) => [`${workspace_id} ${row}`, by]));
}
