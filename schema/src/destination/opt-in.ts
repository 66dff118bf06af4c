// Whether a subscription opts people in at the vendor: because its action does nothing else, or because its mapping says so of everybody. What an event or a
// trait says of its own person is theirs, and no business of this.
import type { Action } from "./definition.ts";
import type { Mapping } from "./mapping.ts";

const optedIn = /^(subscribed?|opt(ed)?[ _-]?in)$/i;
const saysOptedIn = /(opt(ed)?_?in|(^|_)subscribed?)$/i;

export function optsIn(action: Pick<Action, "optsIn">, mapping: Mapping): boolean {
  return action.optsIn === true || Object.entries(mapping).some(([name, value]) => isOptIn(name, value));
}

/** `name`: of the field that it stands in, however deep it stands in directives. */
function isOptIn(name: string, value: unknown): boolean {
  if (typeof value === "string") return optedIn.test(value);
  if (value === true) return saysOptedIn.test(name);
  if (typeof value !== "object" || value === null) return false;
  // Names of what is asked for are no values.
  return Object.entries(value).some(([key, inner]) => key !== "@path" && key !== "@template" && isOptIn(key.startsWith("@") || /^(then|else|value|\d+)$/.test(key) ? name : key, inner));
}
