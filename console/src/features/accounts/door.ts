// What the pages of accounts ask of the door at /api/auth, and its problems in our words.
import type { OpenInvitation, WaysIn } from "@tributary/schema/api/members.ts";
import { queryOptions } from "@tanstack/react-query";
import { ApiProblem, askDoor } from "../../api.ts";
import { texts } from "../../texts/texts.ts";

/** As `askDoor`; a problem that we have words for says them. */
export async function doorAnswer<T>(path: string, body?: unknown): Promise<T> {
  try {
    return await askDoor<T>(path, body);
  } catch (error) {
    throw error instanceof ApiProblem ? inOurWords(error) : error;
  }
}

function inOurWords(problem: ApiProblem): ApiProblem {
  const { status, code, hint, requestId } = problem;
  const message = Object.hasOwn(texts.accounts.problems, code) ? texts.accounts.problems[code] : undefined;
  return message === undefined ? problem : new ApiProblem({ status, code, message, hint, request_id: requestId });
}

export const waysQuery = queryOptions({ queryKey: ["door", "ways"], queryFn: () => doorAnswer<WaysIn>("ways"), staleTime: Infinity });

export const invitationQuery = (token: string) => queryOptions({
  queryKey: ["door", "invitation", token], queryFn: () => doorAnswer<OpenInvitation>("invitation", { token }), staleTime: Infinity,
});

/** A session as better-auth tells of it. */
export interface OwnSession {
  readonly id: string;
  readonly token: string;
  readonly updatedAt: string;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
}

export interface OwnSessions {
  readonly sessions: readonly OwnSession[];
  /** The one that asks. */
  readonly here: string | undefined;
}

export const ownSessionsQuery = queryOptions({
  queryKey: ["door", "sessions"],
  queryFn: async (): Promise<OwnSessions> => {
    const [sessions, mine] = await Promise.all([
      doorAnswer<readonly OwnSession[]>("list-sessions"),
      doorAnswer<{ readonly session: { readonly id: string } } | null>("get-session"),
    ]);
    const here = mine?.session.id;
    return { here, sessions: sessions.toSorted((a, b) => Number(b.id === here) - Number(a.id === here) || Date.parse(b.updatedAt) - Date.parse(a.updatedAt)) };
  },
});
