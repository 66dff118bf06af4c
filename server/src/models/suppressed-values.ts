// Whom a reading leaves out: people who are suppressed, by the identifiers that rows may name them by. Of these only salted keys are kept, so each
// value of a row is keyed, where there is anybody at all.
import type { Pool } from "pg";
import { readSettings } from "../governance/governance.ts";
import { createFindIdentifier } from "../identity/identity.ts";

/** `secret`: the installation's. The answer says of a value as rows write it whether it is somebody's who is suppressed. */
export async function suppressedValues(pool: Pool, secret: string, workspaceId: number, namespace: string | undefined): Promise<(value: string) => boolean> {
  if (namespace === undefined) return () => false;
  const { rows } = await pool.query<{ key: string }>(
    "select i ->> 'key' as key from profile p, json_array_elements(p.doc -> 'identifiers') as i where p.workspace_id = $1 and p.suppressed and i ->> 'namespace' = $2", [workspaceId, namespace],
  );
  if (rows.length === 0) return () => false;
  const keys = new Set(rows.map(({ key }) => key));
  const { settings } = await readSettings(pool, workspaceId);
  const find = createFindIdentifier(secret);
  return (value) => {
    const key = value === "" ? undefined : find(workspaceId, settings, { namespace, value })?.key;
    return key !== undefined && keys.has(key);
  };
}
