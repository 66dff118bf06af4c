// Nothing is written of a workspace that was removed since it was asked about.
import type { ClientBase } from "pg";
import { removedAmong } from "../pipeline/outbox/audience-outbox.ts";

interface OfWorkspace {
  readonly workspaceId: number;
}

/** Asked under the partition's lock, which the end of a workspace takes as well. */
export async function withoutRemoved<Judged extends OfWorkspace, Gone extends OfWorkspace>(
  tx: ClientBase, { judged, gone }: { readonly judged: readonly Judged[]; readonly gone: readonly Gone[] },
): Promise<{ readonly judged: readonly Judged[]; readonly gone: readonly Gone[] }> {
  const removed = await removedAmong(tx, [...judged, ...gone].map(({ workspaceId }) => workspaceId));
  const isThere = ({ workspaceId }: OfWorkspace): boolean => !removed.has(workspaceId);
  return { judged: judged.filter(isThere), gone: gone.filter(isThere) };
}
