// The vocabulary of a workspace as it stands in Postgres, resolved against what arrives, and the currencies that its money comes
// in. Each change is a version of its own; the newest is in force.
import type { ClientBase } from "pg";
import { currencySql, UNREADABLE, type ArrivingCurrency } from "@tributary/schema/audience/money.ts";
import { recognised, roleNames } from "@tributary/schema/audience/vocabulary-names.ts";
import {
  emptyVocabulary, moneyRoles, readStoredVocabulary, resolveVocabulary, type StoredVocabulary, type Vocabulary,
} from "@tributary/schema/audience/vocabulary.ts";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import { readPathCounts, readTrackNames, type NameCount, type PathCount } from "../observed-schema/observed-schema.ts";

/** Older versions go; the audit log keeps who changed what. */
const VERSIONS_KEPT = 100;
/** Currencies told, the most frequent; a sender may invent codes. */
const CURRENCIES_MAX = 50;

export interface LoadedVocabulary {
  /** 0: nobody has set anything. */
  readonly version: number;
  readonly changedAt: Date | null;
  readonly stored: StoredVocabulary;
  readonly inForce: Vocabulary;
  /** Of all track events, and of the properties of those that have a role. */
  readonly names: readonly NameCount[];
  readonly paths: readonly PathCount[];
}

export async function loadVocabulary(db: ClientBase, workspaceId: number): Promise<LoadedVocabulary> {
  const { version, changedAt, stored } = await readNewest(db, workspaceId);
  const names = await readTrackNames(db, workspaceId);
  const { roles } = resolveVocabulary(stored, names);
  const paths = await readPathCounts(db, workspaceId, [...new Set(roleNames.flatMap((role) => roles[role].events))]);
  const pathsOf = Map.groupBy(paths, ({ event }) => event);
  const inForce = resolveVocabulary(stored, names.map(({ event }) => ({ event, paths: (pathsOf.get(event) ?? []).map(({ path }) => path) })));
  return { version, changedAt, stored, inForce, names, paths };
}

async function readNewest(db: ClientBase, workspaceId: number): Promise<Pick<LoadedVocabulary, "version" | "changedAt" | "stored">> {
  const { rows } = await db.query<{ version: number; vocabulary: unknown; at: Date }>({
    name: "vocabulary-newest",
    text: "select version, vocabulary, at from vocabulary where workspace_id = $1 order by version desc limit 1",
    values: [workspaceId],
  });
  const [row] = rows;
  return row === undefined ? { version: 0, changedAt: null, stored: emptyVocabulary } : { version: row.version, changedAt: row.at, stored: readStoredVocabulary(row.vocabulary) };
}

interface VocabularyChange {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
  /** The version that was changed; another's change of the meantime stops it. */
  readonly version: number;
  readonly vocabulary: StoredVocabulary;
}

/** Within the caller's transaction. */
export async function saveVocabulary(db: ClientBase, { workspaceId, actor, nowMs, version, vocabulary }: VocabularyChange): Promise<void> {
  const before = await readNewest(db, workspaceId);
  const changed = changedParts(before.stored, vocabulary);
  if (before.version === version && changed.length === 0) return;
  const made = before.version !== version ? 0 : (await db.query(
    "insert into vocabulary (workspace_id, version, vocabulary, at, author) values ($1, $2, $3, $4, $5) on conflict do nothing",
    [workspaceId, version + 1, JSON.stringify(vocabulary), new Date(nowMs), actor],
  )).rowCount ?? 0;
  if (made === 0) {
    throw new AppError("conflict", {
      detail: "Somebody else has changed the vocabulary meanwhile.", hint: "Read it again, make your change in what stands there now, and send its `version`.",
    });
  }
  await db.query("delete from vocabulary where workspace_id = $1 and version <= $2", [workspaceId, version + 1 - VERSIONS_KEPT]);
  const detail = { version: version + 1, changed, base: vocabulary.money.base, rates: vocabulary.money.rates.length };
  await recordAudit(db, { workspaceId, actor, action: "vocabulary.set", target: "vocabulary", detail }, nowMs);
}

function changedParts(before: StoredVocabulary, after: StoredVocabulary): string[] {
  const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return [...roleNames.filter((role) => !isSame(before.roles[role], after.roles[role])), ...(isSame(before.money, after.money) ? [] : ["money"])];
}

/** Rows of ClickHouse as objects; the SQL names the workspace as `{workspace:UInt32}`. */
export type ReadClickHouse = <Row>(workspaceId: number, sql: string, params?: Readonly<Record<string, unknown>>) => Promise<Row[]>;

/** The currencies of all stored events whose values are added up, the most frequent first. */
export async function arrivingCurrencies(read: ReadClickHouse, workspaceId: number, { roles }: Vocabulary): Promise<ArrivingCurrency[]> {
  const known = moneyRoles.map((name) => roles[name]).filter(({ events }) => events.length > 0);
  if (known.length === 0) return [];
  const branches = known.map((role, index) => `event in {events${index}:Array(String)}, ${currencySql(role.properties.currency ?? recognised[role.role].properties.currency ?? [])}`);
  const params = Object.fromEntries(known.map(({ events }, index) => [`events${index}`, events]));
  const rows = await read<{ code: string; count: number; firstMs: number }>(
    workspaceId,
    `select multiIf(named = '', '', match(named, '^[A-Z]{3}$'), named, '${UNREADABLE}') as code, count() as count, toUnixTimestamp64Milli(min(timestamp)) as firstMs
     from (
       select multiIf(${branches.join(", ")}, '') as named, timestamp from events
       where workspace_id = {workspace:UInt32} and event in {all:Array(String)} and type = 'track' and outcome = 'stored'
     ) group by code order by count desc, code limit ${CURRENCIES_MAX}`,
    { ...params, all: [...new Set(known.flatMap(({ events }) => events))] },
  );
  return rows.map(({ code, count, firstMs }) => ({ currency: code, count, firstMs }));
}
