// Who is signed in, and in which workspace.
import type { Scope } from "@tributary/schema/api/answer-parts.ts";
import type { MeAnswer } from "@tributary/schema/api/members.ts";
import { queryOptions } from "@tanstack/react-query";
import { ApiProblem, forgetWorkspace, read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";

export interface WorkspaceName {
  readonly slug: string;
  readonly name: string;
}

export interface Session {
  /** The account's name; of a token, that it is one. */
  readonly who: string;
  /** Null for a token. */
  readonly account: MeAnswer["account"];
  readonly role: MeAnswer["role"];
  readonly workspace: WorkspaceName;
  readonly scopes: readonly Scope[];
  /** All that this account may enter; a token has one. */
  readonly workspaces: readonly WorkspaceName[];
}

export const sessionQuery = queryOptions({ queryKey: ["session"], queryFn: readSession, staleTime: 60_000 });

async function readSession(): Promise<Session> {
  const { account, role, workspace, scopes, workspaces } = await read<MeAnswer>("/me").catch((error: unknown) => {
    // The workspace that this tab was in is gone, or no longer theirs: they are let into one that is.
    if (error instanceof ApiProblem && error.status === 403 && forgetWorkspace()) return read<MeAnswer>("/me");
    throw error;
  });
  return { who: account?.name || account?.email || texts.navigation.token, account, role, workspace, scopes, workspaces };
}

/** Scopes as the API reads them: admin includes reading, writing and the audit log; seeing everything includes each value. */
export function may(session: Pick<Session, "scopes">, scope: Scope): boolean {
  if (session.scopes.includes(scope)) return true;
  if (scope === "reveal") return session.scopes.includes("personal_data");
  return (scope === "read" || scope === "write" || scope === "audit") && session.scopes.includes("admin");
}
