// Who the people of a slice are by now: whoever answers for the id under which an event stands, with what is known of them.
import type { Pool } from "pg";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import { consentsOf, personNow, type PersonNow } from "../destinations/destinations.ts";

export interface DeliveryPerson {
  readonly profileId: string;
  readonly isSuppressed: boolean;
  readonly person: PersonNow;
  /** Category → what they said last. */
  readonly consents: Readonly<Record<string, boolean>>;
  /** "namespace:value" */
  readonly identifiers: ReadonlySet<string>;
}

interface Row {
  readonly given: string;
  readonly id: string;
  readonly suppressed: boolean;
  readonly doc: ProfileDocument | null;
  readonly computed: Readonly<Record<string, { readonly value: unknown }>> | null;
}

/** Id as it stands with the event → the person; ids of nobody are left out. */
export async function readPeople(pool: Pool, workspaceId: number, ids: readonly string[]): Promise<ReadonlyMap<string, DeliveryPerson>> {
  if (ids.length === 0) return new Map();
  const { rows } = await pool.query<Row>({
    name: "delivery-people",
    text: `select g.id as given, p.id, p.suppressed, p.doc, c.doc as computed from profile g join profile p on p.id = coalesce(g.merged_into, g.id)
      left join computed_person c on c.profile_id = p.id and c.workspace_id = p.workspace_id where g.id = any($1::uuid[]) and g.workspace_id = $2`,
    values: [ids, workspaceId],
  });
  return new Map(rows.map((row) => [row.given, personOf(row)]));
}

/** "namespace:value" as given → id under which the person is stored; those of nobody, and those that several people share, are left out. */
export async function profilesByIdentifier<Given extends { readonly namespace: string; readonly value: string }>(
  pool: Pool, workspaceId: number, given: readonly Given[], keyOf: (one: Given) => string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const keys = new Map(given.flatMap((one) => {
    const key = keyOf(one);
    return key === undefined ? [] : [[`${one.namespace}:${one.value}`, key] as const];
  }));
  const { rows } = await pool.query<{ key: string; id: string }>({
    name: "delivery-profiles-by-identifier", text: "select key, profile_id as id from identifier where key = any($1::uuid[]) and workspace_id = $2 and profile_id is not null and not shared",
    values: [[...new Set(keys.values())], workspaceId],
  });
  const ids = new Map(rows.map(({ key, id }) => [key, id]));
  return new Map([...keys].flatMap(([text, key]) => {
    const id = ids.get(key);
    return id === undefined ? [] : [[text, id] as const];
  }));
}

function personOf({ id, suppressed, doc, computed }: Row): DeliveryPerson {
  const isSuppressed = suppressed || doc === null;
  if (doc === null || isSuppressed) return { profileId: id, isSuppressed: true, person: { traits: {}, identifiers: [] }, consents: {}, identifiers: new Set() };
  const values = Object.fromEntries(Object.entries(computed ?? {}).flatMap(([name, { value }]) => (value === null || value === undefined ? [] : [[name, value]])));
  return {
    profileId: id, isSuppressed, person: personNow(doc, values),
    consents: consentsOf(doc),
    identifiers: new Set(doc.identifiers.map(({ namespace, value }) => `${namespace}:${value}`)),
  };
}
