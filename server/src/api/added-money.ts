// Audiences that would add up money of several currencies are refused where they are kept. Those that stand go on as they are.
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { loadVocabulary, mixedMoney, refuseProblems } from "../audiences/audiences.ts";
import type { ApiServices } from "./api-services.ts";

/** Throws `invalid_definition`. */
export async function refuseAddedMoney({ deps, scan }: ApiServices, workspaceId: number, definitions: readonly Definition[]): Promise<void> {
  if (definitions.length === 0) return;
  const { inForce } = await deps.workspaceDb.run(workspaceId, (db) => loadVocabulary(db, workspaceId));
  for (const { who } of definitions) refuseProblems((await mixedMoney(scan, workspaceId, { who, words: inForce })).problems);
}
