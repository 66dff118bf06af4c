// Asks about everybody what computed traits are: new ones, changed ones, and those that an instant changes for all. As with audiences one
// query runs beside what happens meanwhile, the differences are written a chunk at a time, and who was touched since is asked once more.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import { NEVER } from "@tributary/schema/audience/window.ts";
import { bytesOf, readIds } from "../fill-reads.ts";
import type { Cause } from "../membership-write.ts";
import type { LoadedWorkspace } from "../store.ts";
import { rowOf, valuesQuery, type BrokenTrait } from "./ask-values.ts";
import { valuesOf, type EvaluateDeps } from "./evaluate-values.ts";
import { jsonOf, type LoadedTrait } from "./loaded-traits.ts";
import type { ValueJudged } from "./values-write.ts";

export interface ValueFillDeps extends EvaluateDeps {
  /** Of its own, so that real time never waits behind a query over everybody. */
  readonly everybody: ClickHouseClient;
}

export interface ValueFillWish {
  readonly workspace: LoadedWorkspace;
  readonly traits: readonly LoadedTrait[];
  readonly kind: "fill" | "boundary" | "repair";
  readonly nowMs: number;
}

interface ValueFillChunk {
  readonly judged: readonly ValueJudged[];
  readonly failed: readonly BrokenTrait[];
  /** Everything is written with this chunk. */
  readonly isLast: boolean;
}

export interface ValueFill extends ValueFillWish {
  isReady(): boolean;
  /** People whom something happened to meanwhile. */
  touch(profileIds: readonly string[]): void;
  /** What comes next. Rejects as the query did. */
  next(nowMs: number): Promise<ValueFillChunk>;
  abort(): void;
}

const NEWLINE = 0x0a;

export function startValueFill(deps: ValueFillDeps, wish: ValueFillWish): ValueFill {
  const { workspace, traits } = wish;
  const touched = new Set<string>();
  const aborting = new AbortController();
  let found: { readonly bytes: Buffer; readonly holders: Set<string> } | undefined;
  let failure: unknown;
  let at = 0;
  begin().then((value) => {
    found = value;
  }, (error: unknown) => {
    failure = error;
  });

  async function begin(): Promise<NonNullable<typeof found>> {
    // Before the query: whoever gets a value later was touched.
    const holders = await holdersOf(deps.pool, workspace.workspaceId, traits.map(({ slug }) => slug));
    const { sql, params } = valuesQuery(workspace.around, traits, wish.nowMs);
    const bytes = await bytesOf(deps.everybody, { sql: `${sql} format JSONCompactEachRow`, params: { ...params, workspace: workspace.workspaceId }, signal: aborting.signal });
    return { bytes, holders };
  }

  const causeOf = (trait: LoadedTrait): Cause => ({ reason: wish.kind === "boundary" ? "deadline" : wish.kind === "repair" ? "repair" : trait.wasFilled ? "definition" : "first_fill", row: 0 });
  const judge = (profileId: string, jsonAt: (trait: LoadedTrait, i: number) => string, dueMs: number): ValueJudged => ({
    workspaceId: workspace.workspaceId, profileId, dueMs, isWhole: false, values: traits.map((trait, i) => ({ trait, json: jsonAt(trait, i), cause: causeOf(trait) })),
  });

  function fromAnswer({ bytes, holders }: NonNullable<typeof found>): ValueJudged[] {
    const judged: ValueJudged[] = [];
    while (at < bytes.length && judged.length < deps.limits.fillChunk) {
      const end = bytes.indexOf(NEWLINE, at);
      const line = bytes.toString("utf8", at, end < 0 ? bytes.length : end);
      at = end < 0 ? bytes.length : end + 1;
      if (line === "") continue;
      const { id, values, dueMs } = rowOf(JSON.parse(line) as Parameters<typeof rowOf>[0]); // As the query writes them.
      holders.delete(id);
      if (!touched.has(id)) judged.push(judge(id, (trait, i) => jsonOf(values[i] ?? [], trait.inForce), dueMs));
    }
    return judged;
  }

  /** Who has a value, and of whom the answer says nothing. */
  function fromHolders({ holders }: NonNullable<typeof found>): ValueJudged[] {
    const judged: ValueJudged[] = [];
    for (const id of holders) {
      holders.delete(id);
      if (!touched.has(id)) judged.push(judge(id, (trait) => trait.rest, NEVER));
      if (judged.length >= deps.limits.fillChunk) break;
    }
    return judged;
  }

  async function fromTouched(nowMs: number): Promise<Pick<ValueFillChunk, "judged" | "failed">> {
    const ids = [...touched].slice(0, deps.limits.peopleAtOnce);
    for (const id of ids) touched.delete(id);
    const people = [...(await deps.reader.keysOf(workspace.workspaceId, ids)).values()];
    const { judged, failed } = await valuesOf(deps, { workspace, traits, people, nowMs, causeOf: (_, trait) => causeOf(trait) });
    return { judged: judged.map((one) => ({ ...one, isWhole: false })), failed };
  }

  return {
    ...wish,
    isReady: () => found !== undefined || failure !== undefined,
    touch: (ids) => ids.forEach((id) => touched.add(id)),
    abort: () => aborting.abort(),
    async next(nowMs) {
      if (found === undefined) throw failure;
      if (at < found.bytes.length) return { judged: fromAnswer(found), failed: [], isLast: false };
      if (found.holders.size > 0) return { judged: fromHolders(found), failed: [], isLast: false };
      const { judged, failed } = touched.size === 0 ? { judged: [], failed: [] } : await fromTouched(nowMs);
      return { judged, failed, isLast: touched.size === 0 };
    },
  };
}

/** Who has a value of their own of any of these. */
function holdersOf(pool: Pool, workspaceId: number, slugs: readonly string[]): Promise<Set<string>> {
  return readIds((after, limit) => pool.query<{ profile_id: string }>(
    `select profile_id from computed_person where workspace_id = $1 and profile_id > $3 and exists (select from unnest($2::text[]) as s (slug) where doc -> s.slug is not null)
       order by profile_id limit ${limit}`, [workspaceId, slugs, after],
  ));
}
