// Rotation of the keys under which secrets are sealed. Whoever runs the installation does it; no answer holds a key.
import { secretKeyList, secretKeysForgotten, secretRotation, type SecretKey } from "@tributary/schema/api/secret-keys.ts";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { recordAudit } from "../governance/governance.ts";
import { defineRoute, type Route } from "./define-route.ts";

interface SecretKeys {
  keys(): Promise<SecretKey[]>;
  /** Each throws AppError `conflict` while the other works. */
  rotate(): Promise<{ readonly key: string; readonly isNew: boolean; readonly resealed: number; readonly unreadable: number }>;
  forgetOld(): Promise<{ readonly removed: readonly string[] }>;
}

const tag = "Secrets";
const scopes = ["installation"] as const;

/** Routes for ApiDeps.moreRoutes. */
export function secretKeyRoutes({ rotation, workspaceDb }: { readonly rotation: SecretKeys; readonly workspaceDb: WorkspaceDb }): readonly Route[] {
  const audit = (context: { workspaceId: number; actor: string; nowMs: number }, action: string, detail: object): Promise<void> =>
    workspaceDb.transaction(context.workspaceId, (db) =>
      recordAudit(db, { workspaceId: context.workspaceId, actor: context.actor, action, target: "secret-keys", detail: { ...detail } }, context.nowMs));
  return [
    defineRoute({
      method: "GET", path: "/secret-keys", tag, scopes, summary: "The keys under which secrets are sealed",
      description: "What each is called, where it comes from, and how much is sealed under it. The keys themselves are never told.",
      responses: { 200: secretKeyList },
      handle: async () => ({ status: 200, body: { data: await rotation.keys() } }),
    }),
    defineRoute({
      method: "POST", path: "/secret-keys/rotate", tag, scopes, summary: "Seal everything under a new key",
      description: "Makes a key, unless the settings bring one, and seals settings and tokens of destinations anew. One that was broken off is finished by the next. The older keys stay until they are removed.",
      responses: { 200: secretRotation },
      handle: async (context) => {
        const { isNew, ...done } = await rotation.rotate();
        const body = { ...done, is_new: isNew };
        await audit(context, "secrets.rotate", body);
        return { status: 200, body };
      },
    }),
    defineRoute({
      method: "DELETE", path: "/secret-keys/old", tag, scopes, summary: "Remove the older keys",
      description: "From the data directory. Refused while anything is sealed under one of them.",
      responses: { 200: secretKeysForgotten },
      handle: async (context) => {
        const { removed } = await rotation.forgetOld();
        await audit(context, "secrets.forget_old", { removed });
        return { status: 200, body: { removed: [...removed] } };
      },
    }),
  ];
}
