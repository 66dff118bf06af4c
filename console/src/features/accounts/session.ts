// Who is signed in, and in which workspace.
import type { Scope } from "@tributary/schema/api/answer-parts.ts";
import type { WorkspaceAnswer } from "@tributary/schema/api/workspace.ts";
import { queryOptions } from "@tanstack/react-query";
import { boot, read } from "../../api.ts";

export interface WorkspaceName {
  readonly slug: string;
  readonly name: string;
}

export interface Session {
  /** The account's name, or the token's. */
  readonly who: string;
  readonly workspace: WorkspaceName;
  readonly scopes: readonly Scope[];
  /** All that this account may enter; empty for a token, which has one. */
  readonly workspaces: readonly WorkspaceName[];
}

/** The answer of /me, on servers that have accounts. */
interface Me {
  readonly account: { readonly name: string; readonly email: string } | null;
  readonly workspace: WorkspaceName;
  readonly scopes: readonly Scope[];
  readonly workspaces?: readonly WorkspaceName[];
}

export const sessionQuery = queryOptions({ queryKey: ["session"], queryFn: readSession, staleTime: 60_000 });

async function readSession(): Promise<Session> {
  if (!boot.hasAccounts) {
    const { name, slug, token } = await read<WorkspaceAnswer>("/workspace");
    return { who: token.name, workspace: { name, slug }, scopes: token.scopes, workspaces: [] };
  }
  const me = await read<Me>("/me");
  return { who: me.account?.name || me.account?.email || "API token", workspace: me.workspace, scopes: me.scopes, workspaces: me.account ? (me.workspaces ?? []) : [] };
}

/** Scopes as the API reads them: admin includes reading and writing. */
export function may(session: Session, scope: Scope): boolean {
  if (session.scopes.includes(scope)) return true;
  return (scope === "read" || scope === "write") && session.scopes.includes("admin");
}
