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

/** Those who were told, by the numbers under which they stand: some, or the next ones. */
export async function readMembersByNumber(
  pool: Pool, subscriptionId: number, which: { readonly numbers: readonly number[] } | { readonly after: number; readonly limit: number },
): Promise<{ readonly profileId: string; readonly n: number }[]> {
  const [where, values] = "numbers" in which ? ["n = any($2::bigint[])", [which.numbers]] as const : ["n > $2 order by n limit $3", [which.after, which.limit]] as const;
  const { rows } = await pool.query<{ id: string; n: string }>(`select profile_id as id, n from delivery_member where subscription_id = $1 and ${where}`, [subscriptionId, ...values]);
  return rows.map(({ id, n }) => ({ profileId: id, n: Number(n) }));
}

/** Who of these is in the audience now. */
export async function readInAudience(pool: Pool, workspaceId: number, audienceId: number, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ id: string }>(
    "select profile_id as id from audience_person where workspace_id = $1 and member_of @> array[$2::integer] and profile_id = any($3::uuid[])", [workspaceId, audienceId, ids],
  );
  return new Set(rows.map(({ id }) => id));
}
