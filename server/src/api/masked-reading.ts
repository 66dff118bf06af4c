// What a caller without the scope `personal_data` gets: answers masked by their route's mask, and whole identifiers to find
// people by, a few a minute. Everything that such a caller is answered passes through here.
import type { Scope } from "@tributary/schema/api/answer-parts.ts";
import { role, scopesOf } from "@tributary/schema/api/roles.ts";
import { AppError } from "../core/errors.ts";
import { hasScope } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import type { Caller } from "./caller.ts";
import type { Route } from "./define-route.ts";
import type { Masking } from "./mask-payload.ts";
import { parseProfileRef } from "./identifier-ref.ts";

/** Undefined: the caller sees people as they are, or the route knows none. */
export async function maskingFor(services: ApiServices, route: Route, caller: Caller, nowMs: number): Promise<Masking | undefined> {
  if (route.masks === undefined || hasScope(caller, "personal_data")) return undefined;
  return { decisions: await services.fields.get(caller.workspaceId, nowMs) };
}

/** Which roles would do, so that whoever reads it knows whom to ask. */
export function missingScope(scope: Scope): string {
  const roles = role.options.filter((one) => hasScope({ scopes: scopesOf(one, true) }, scope));
  return `The scope ${scope} is missing. The roles with it: ${roles.join(", ")}.`;
}

/** Says in a header that the values are masked: a program must not take them for the real ones. */
export const MASKED_HEADER = "x-tributary-masked";

/**
 * Parts of a request that name people by what is known about them. For a caller who sees them masked each is a guess that the answer
 * proves right or wrong, so guesses are few, and stand in the audit log. Throws `rate_limited`.
 */
export async function takeLookUp(services: ApiServices, caller: Caller, asked: { readonly params: unknown; readonly query: unknown }, nowMs: number): Promise<void> {
  const named = [textIn(asked.params, "ref"), textIn(asked.query, "profile"), textIn(asked.query, "search")];
  if (!named.some((text) => text !== "" && !isId(text))) return;
  services.lookUps.take(caller.key, nowMs);
  await services.reads.record({ workspaceId: caller.workspaceId, actor: caller.actor, kind: caller.kind }, { action: "person.search", target: "workspace", detail: { by: "identifier" } });
}

function isId(text: string): boolean {
  try {
    return parseProfileRef(text).kind === "id";
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

function textIn(value: unknown, name: string): string {
  const text: unknown = typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
  return typeof text === "string" ? text.trim() : "";
}
