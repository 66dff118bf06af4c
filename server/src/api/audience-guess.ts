// A definition that tests a personal value is a question about people: "is there somebody with this address?". For callers who see
// people masked such a question is a guess, so it counts as one, as whole identifiers in a search do.
import type { ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { hasScope } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import type { RouteContext } from "./define-route.ts";

/** Throws `rate_limited` when there were too many. */
export async function takeGuess(services: ApiServices, { caller, workspaceId, nowMs }: Pick<RouteContext<unknown, unknown, unknown>, "caller" | "workspaceId" | "nowMs">, definition: Definition | ComputedDefinition): Promise<void> {
  if (hasScope(caller, "personal_data")) return;
  const decisions = await services.fields.get(workspaceId, nowMs);
  const isGuess = namedValues("who" in definition ? definition.who : definition.value).some(({ place, event, path }) => decisions.isPersonal(place, event, path));
  if (isGuess) services.lookUps.take(caller.key, nowMs);
}

interface NamedValue {
  readonly place: "trait" | "property";
  readonly event: string;
  readonly path: string;
}

/** What a condition compares with values that are written in it, wherever in it that stands. */
function namedValues(within: unknown, events: readonly string[] = [""]): NamedValue[] {
  if (Array.isArray(within)) return within.flatMap((one) => namedValues(one, events));
  if (typeof within !== "object" || within === null) return [];
  const one = within as Readonly<Record<string, unknown>>; // An object of JSON.
  const named = typeof one["event"] === "string" ? [one["event"]] : Array.isArray(one["event"]) ? one["event"].filter((name) => typeof name === "string") : events;
  const tests = "value" in one || "values" in one || "from" in one;
  const own: NamedValue[] = !tests ? [] : [
    ...(typeof one["trait"] === "string" ? [{ place: "trait" as const, event: "", path: one["trait"] }] : []),
    ...(typeof one["property"] === "string" ? named.map((event) => ({ place: "property" as const, event, path: one["property"] as string })) : []),
  ];
  return [...own, ...Object.values(one).flatMap((inner) => namedValues(inner, named))];
}
