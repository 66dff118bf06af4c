// Whom a destination was told to be in an audience. It is what is told of them again when they leave and are not known any more: because
// they were suppressed, or are somebody else by now.
import type { Pool } from "pg";
import type { PersonNow } from "../destinations/destinations.ts";

/** Vendors match people by these besides identifiers. */
const MATCHED_TRAITS = ["email", "phone", "firstName", "lastName", "first_name", "last_name", "name"];

/** What is kept of somebody. */
export function memberOf({ identifiers, traits }: PersonNow): PersonNow {
  return { identifiers: identifiers.map(({ namespace, value }) => ({ namespace, value })), traits: Object.fromEntries(MATCHED_TRAITS.flatMap((name) => (Object.hasOwn(traits, name) ? [[name, traits[name]]] : []))) };
}

export async function readMembers(pool: Pool, subscriptionId: number, profileIds: readonly string[]): Promise<ReadonlyMap<string, PersonNow>> {
  if (profileIds.length === 0) return new Map();
  const { rows } = await pool.query<{ id: string; person: PersonNow }>({
    name: "delivery-members",
    text: "select profile_id as id, person from delivery_member where subscription_id = $1 and profile_id = any($2::uuid[])",
    values: [subscriptionId, profileIds],
  });
  return new Map(rows.map(({ id, person }) => [id, person]));
}
