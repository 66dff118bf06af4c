// Consent given and withdrawn by people who are in an audience: for a subscription that asks for consent, a withdrawal is leaving, and
// consent given again is coming back. It follows the events that carried a decision, and decisions by hand.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import { readInAudience, readMembers } from "./members.ts";
import { readPeople } from "./people.ts";

/** Somebody who came or left, whatever brought it about. */
export interface MembershipTold {
  readonly profileId: string;
  readonly atMs: number;
  readonly entered: boolean;
  readonly reason: string;
  readonly seq: number;
}

export interface ConsentPlace {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly workspaceId: number;
  readonly partition: number;
  readonly audienceId: number;
  readonly subscriptionId: number;
  readonly categories: readonly string[];
  readonly isGrantedByDefault: boolean;
}

interface Row {
  readonly id: string;
  readonly row: number;
  readonly at_ms: number;
}

const DECISIONS = `workspace_id = {workspace:UInt32} and log_partition = {partition:UInt16} and ((outcome = 'stored' and notEmpty(consent)) or (outcome = 'control' and event = 'profile.consent'))`;
const COLUMNS = "toString(if(outcome = 'control', ingest_profile_id, profile_id)) as id, row_id as row, toUnixTimestamp64Milli(received_at) as at_ms";

/** What decisions in these blocks mean for who is to be at the destination. */
export async function readConsentChanges(place: ConsentPlace, fromBlock: number, beforeBlock: number): Promise<readonly MembershipTold[]> {
  return changesOf(place, await ask(place, `${DECISIONS} and block_id >= {from:UInt64} and block_id < {before:UInt64}`, { from: fromBlock, before: beforeBlock }));
}

/** The same of decisions that were read before, as things stand now. */
export async function readConsentAgain(place: ConsentPlace, positions: readonly number[]): Promise<readonly MembershipTold[]> {
  return changesOf(place, await ask(place, `${DECISIONS} and row_id in {rows:Array(UInt64)}`, { rows: positions }));
}

async function ask({ clickhouse, workspaceId, partition }: ConsentPlace, where: string, params: Record<string, unknown>): Promise<Row[]> {
  const result = await clickhouse.query({
    query: `select ${COLUMNS} from events where ${where} order by row_id`, query_params: { workspace: workspaceId, partition, ...params }, format: "JSONEachRow", clickhouse_settings: { max_threads: 1 },
  });
  return result.json<Row>();
}

async function changesOf(place: ConsentPlace, rows: readonly Row[]): Promise<readonly MembershipTold[]> {
  if (rows.length === 0) return [];
  const { pool, workspaceId, audienceId, subscriptionId, categories, isGrantedByDefault } = place;
  const people = await readPeople(pool, workspaceId, [...new Set(rows.map(({ id }) => id))]);
  const byProfile = new Map([...people.values()].map((person) => [person.profileId, person]));
  const ids = [...byProfile.keys()];
  const [told, inAudience] = await Promise.all([readMembers(pool, subscriptionId, ids), readInAudience(pool, workspaceId, audienceId, ids)]);
  // Of one person the last decision counts.
  const last = new Map(rows.map((row) => [people.get(row.id)?.profileId ?? row.id, row]));
  return [...last].flatMap(([profileId, { row, at_ms: atMs }]): MembershipTold[] => {
    const person = byProfile.get(profileId);
    if (person === undefined || person.isSuppressed) return [];
    const isGranted = categories.every((category) => person.consents[category] ?? isGrantedByDefault);
    const of = { profileId, atMs, reason: "consent", seq: row };
    if (!isGranted && (told.has(profileId) || inAudience.has(profileId))) return [{ ...of, entered: false }];
    return isGranted && inAudience.has(profileId) && !told.has(profileId) ? [{ ...of, entered: true }] : [];
  });
}
