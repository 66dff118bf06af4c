// Who is suppressed among the people whom rows of models name. Of them only salted keys are kept, so each value that rows name is keyed, once for each state of a model. What a
// statement is given are hashes, which name nobody.
import type { ClickHouseClient } from "@clickhouse/client";
import type { SeenModel } from "./facts.ts";

/** Says of a value, as rows write it, whether it is somebody's who is suppressed. */
export type SuppressedIn = (workspaceId: number, namespace: string) => Promise<(value: string) => boolean>;

/** By model; "all": too many to tell them apart. */
export type HiddenRows = ReadonlyMap<number, readonly string[] | "all">;

export interface HiddenRowsParts {
  readonly clickhouse: ClickHouseClient;
  readonly suppressedIn: SuppressedIn;
}

/** Values that one model's rows name: keying so many takes some seconds. */
const VALUES_MAX = 1_000_000;
/** So many stand in a statement. */
const HASHES_MAX = 4_000;
const KEPT_MAX = 500;

/** `suppressed`: how many of the workspace are. Nobody is ever suppressed no more, so the number tells states apart. */
export function createHiddenRows({ clickhouse, suppressedIn }: HiddenRowsParts): (workspaceId: number, models: readonly SeenModel[], suppressed: number) => Promise<HiddenRows> {
  const kept = new Map<string, readonly string[] | "all">();

  async function hashesOf(workspaceId: number, { id, namespaces }: SeenModel): Promise<readonly string[] | "all"> {
    const checks = await Promise.all(namespaces.map((namespace) => suppressedIn(workspaceId, namespace)));
    const result = await clickhouse.query({
      query: `select value, toString(sipHash64(value)) as hash from (select distinct arrayJoin(person) as value from model_change where workspace_id = {workspace:UInt32} and model_id = {model:UInt32}) where value != '' limit ${VALUES_MAX + 1}`,
      query_params: { workspace: workspaceId, model: id }, format: "JSONEachRow",
    });
    const hashes: string[] = [];
    let values = 0;
    for await (const rows of result.stream<{ value: string; hash: string }>()) {
      for (const row of rows) {
        values++;
        const { value, hash } = row.json();
        if (checks.some((isSuppressed) => isSuppressed(value))) hashes.push(hash);
      }
      if (values > VALUES_MAX || hashes.length > HASHES_MAX) return "all";
    }
    return hashes;
  }

  return async (workspaceId, models, suppressed) => {
    const found = new Map<number, readonly string[] | "all">();
    for (const model of models) {
      if (model.namespaces.length === 0) continue;
      const state = JSON.stringify([workspaceId, model.id, model.lastSeq, suppressed, model.namespaces]);
      let hashes = kept.get(state);
      if (hashes === undefined) {
        hashes = await hashesOf(workspaceId, model);
        if (kept.size >= KEPT_MAX) kept.clear();
        kept.set(state, hashes);
      }
      found.set(model.id, hashes);
    }
    return found;
  };
}
