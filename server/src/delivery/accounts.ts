// Which account each destination uses, and how fast it may be asked: as slowly as the slowest of those that use it says, switched on or not, since what one
// of them was told to spare the others must spare, too.
import type { Pool } from "pg";
import type { Seal } from "../core/sealed-text.ts";
import { accountOf, readableSettings, type Catalog, type SealedDestination } from "../destinations/destinations.ts";
import type { AccountRate } from "./account-rates.ts";

type Row = SealedDestination & { readonly workspaceId: number; readonly account: string | null; readonly perSecond: number | null };

/** Of all destinations that are not archived, by id. */
export async function readAccounts(pool: Pool, seal: Seal, catalog: Pick<Catalog, "find">): Promise<ReadonlyMap<number, AccountRate>> {
  const { rows } = await pool.query<Row>(
    `select id, workspace_id as "workspaceId", slug, definition, version, settings_sealed as "settingsSealed", tokens_sealed as "tokensSealed", features, account, per_second as "perSecond"
     from destination where status = 'active'`,
  );
  const used = await Promise.all(rows.map(async (row) => {
    const kind = await catalog.find(row.definition);
    const settings = readableSettings(seal, row.workspaceId, row);
    const account = accountOf(kind?.definition, { workspaceId: row.workspaceId, destinationId: row.id, named: row.account, settings, isAuthorized: row.tokensSealed !== null });
    return { id: row.id, account, perSecond: row.perSecond };
  }));
  const rates = new Map([...Map.groupBy(used, ({ account }) => account)].map(([account, sharing]) => [account, { account, perSecond: slowest(sharing.map(({ perSecond }) => perSecond)) }]));
  return new Map(used.flatMap(({ id, account }) => {
    const rate = rates.get(account);
    return rate === undefined ? [] : [[id, rate] as const];
  }));
}

/** Undefined: none says. */
export function slowest(perSecond: readonly (number | null)[]): number | undefined {
  const said = perSecond.filter((one) => one !== null);
  return said.length === 0 ? undefined : Math.min(...said);
}
