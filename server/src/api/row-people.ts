// Whom rows of models are about, where that decides whether they are shown.
import { profilesByIdentifier } from "../delivery/delivery.ts";
import type { LoggedChange, StoredModel } from "../models/models.ts";
import type { ApiServices } from "./api-services.ts";

/** Of the people whom these rows are about, those that are suppressed, as the rows name them. */
export async function suppressedInRows({ deps, settings, findIdentifier }: ApiServices, workspaceId: number, model: StoredModel, rows: readonly LoggedChange[]): Promise<ReadonlySet<string>> {
  const { person } = model.definition;
  const values = [...new Set(rows.flatMap((one) => one.person))].filter((value) => value !== "");
  if (person === undefined || values.length === 0) return new Set();
  const { namespace } = person;
  const inForce = await settings.get(workspaceId, deps.clock.nowMs());
  const ids = await profilesByIdentifier(deps.pool, workspaceId, values.map((value) => ({ namespace, value })), (one) => findIdentifier(workspaceId, inForce, one)?.key);
  const { rows: found } = await deps.pool.query<{ id: string }>("select id from profile where workspace_id = $1 and id = any($2::uuid[]) and suppressed", [workspaceId, [...new Set(ids.values())]]);
  const suppressed = new Set(found.map(({ id }) => id));
  return new Set(values.filter((value) => suppressed.has(ids.get(`${namespace}:${value}`) ?? "")));
}
