// Whom a row is about, written as the workspace's rules write identifiers, so that rows are found by a person's.
import type { Pool } from "pg";
import { readSettings } from "../governance/governance.ts";
import { compileIdentityRules, normaliseIdentifier } from "../identity/identity.ts";

/** What no rule can read is kept as it stands. */
export async function personText(pool: Pool, workspaceId: number, namespace: string | undefined): Promise<(value: unknown) => string> {
  if (namespace === undefined) return () => "";
  const { settings } = await readSettings(pool, workspaceId);
  const rule = compileIdentityRules(settings.identity).byName.get(namespace);
  return (value) => {
    if (value === null || value === undefined) return "";
    const plain = typeof value === "string" || typeof value === "number" ? String(value).trim() : JSON.stringify(value);
    if (rule === undefined) return plain;
    const normalised = normaliseIdentifier(value, rule, settings.phoneCountry);
    return "value" in normalised ? normalised.value : plain;
  };
}
