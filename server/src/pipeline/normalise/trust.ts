// How far an event's claim about who it is may be believed. A link can carry `ajs_uid` or `ajs_aid`, with which a browser
// SDK then identifies its visitor: such a claim never joins people, and the traits that came in the same way are not folded.
import type { SourceSettings } from "@tributary/schema/settings.ts";
import type { Trust } from "../event.ts";
import { isValidIdentityToken } from "./identity-token.ts";
import type { PageQuery } from "./page-query.ts";

export interface Claim {
  readonly userId: string;
  readonly anonymousId: string;
  /** `context.identityToken`. */
  readonly token: unknown;
  readonly receivedAtMs: number;
}

export function trustOf(claim: Claim, query: PageQuery, source: SourceSettings): Trust {
  // A forged anonymous id is not mended by a token, which speaks for the userId only.
  if (claim.anonymousId !== "" && query.anonymousIds.includes(claim.anonymousId)) return "query_string";
  const isFromQuery = claimsUserByQuery(claim, query);
  if (source.identityTokenSecret === undefined) return isFromQuery ? "query_string" : "full";
  if (isValidIdentityToken(claim.token, source.identityTokenSecret, claim.userId, claim.receivedAtMs)) return "full";
  return isFromQuery ? "query_string" : "unsigned";
}

export function claimsUserByQuery(claim: Pick<Claim, "userId">, query: PageQuery): boolean {
  return claim.userId !== "" && query.userIds.includes(claim.userId);
}
