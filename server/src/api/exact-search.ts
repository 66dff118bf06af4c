// People by something that names them whole: an identifier in any spelling that its namespace reads (telephone numbers as they
// are spoken), or the number of an order, receipt or ticket. Costs a few look-ups, however many people there are.
import type { ClientBase } from "pg";
import type { IdentifierRef } from "@tributary/schema/control.ts";
import type { WorkspaceSettings } from "@tributary/schema/settings.ts";
import { hash64Of } from "../core/hash.ts";
import { NOBODY } from "../core/nobody.ts";
import { comparedReference, referenceKey } from "../core/reference-key.ts";
import type { ApiServices } from "./api-services.ts";
import { findByKey, peopleSeenWith, readIdentifiers, readPeople, type FoundProfile } from "./profile-store.ts";

/** The most people that one exact identifier or number may bring (a shared one brings several). */
const EXACT_MAX = 20;
const REFERENCE_ROWS_MAX = 200;

/** Everybody whom one of these names. */
export async function peopleByIdentifiers(
  services: ApiServices, workspaceId: number, settings: WorkspaceSettings, tried: readonly IdentifierRef[],
): Promise<FoundProfile[]> {
  const keys = tried.map((identifier) => services.findIdentifier(workspaceId, settings, identifier)?.key).filter((key) => key !== undefined);
  if (keys.length === 0) return [];
  return services.deps.workspaceDb.run(workspaceId, (db) => peopleByKeys(db, workspaceId, [...new Set(keys)]));
}

/** The text as a value of every namespace. */
export function asEveryIdentifier(text: string, settings: WorkspaceSettings): IdentifierRef[] {
  const spoken = text.replace(/^(?:tel|phone|mobile)\b[.:]?\s*/iu, "");
  return settings.identity.namespaces.map((rule) => ({ namespace: rule.name, value: rule.normalise === "phone" ? spoken : text }));
}

async function peopleByKeys(db: ClientBase, workspaceId: number, keys: readonly string[]): Promise<FoundProfile[]> {
  const ids: string[] = [];
  const people: FoundProfile[] = [];
  for (const identifier of await readIdentifiers(db, workspaceId, keys)) {
    const found = await findByKey(db, workspaceId, identifier.key);
    if (found.kind === "person") people.push(found.profile);
    if (found.kind === "shared") ids.push(...(await peopleSeenWith(db, workspaceId, identifier, EXACT_MAX)));
  }
  return [...people, ...(await readPeople(db, workspaceId, ids.slice(0, EXACT_MAX)))];
}

interface ReferenceRow {
  readonly owner_id: string;
  readonly properties: Record<string, unknown>;
}

/** Whose events carry this number; `name` says under which property, undefined: under any that is a reference. */
export async function peopleByReference(
  services: ApiServices, workspaceId: number, wish: { readonly value: string; readonly name?: string }, references: readonly string[],
): Promise<FoundProfile[]> {
  const key = referenceKey(wish.value);
  if (key === undefined) return [];
  const rows = await services.scan<ReferenceRow>(
    workspaceId,
    `select toString(profile_id) as owner_id, properties from events
      where workspace_id = {workspace:UInt32} and has(reference_keys, {key:UInt64}) and outcome = 'stored' and profile_id != {nobody:UUID}
      order by timestamp desc limit {limit:UInt32}`,
    { key: String(hash64Of(key)), nobody: NOBODY, limit: REFERENCE_ROWS_MAX },
  );
  const names = wish.name === undefined ? references : [wish.name];
  const wanted = comparedReference(wish.value);
  const carries = ({ properties }: ReferenceRow): boolean =>
    names.some((name) => Object.hasOwn(properties, name) && comparedReference(String(properties[name])) === wanted);
  const ids = [...new Set(rows.filter(carries).map((row) => row.owner_id))].slice(0, EXACT_MAX);
  return services.deps.workspaceDb.run(workspaceId, (db) => readPeople(db, workspaceId, ids));
}
