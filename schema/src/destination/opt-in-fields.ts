// Which fields of an action opt people in at the vendor, or tell it that they have consented: what they are called says so, in many ways. Others say that somebody is opted out, and
// opt them in where they say no. What only tells when, how or by what banner somebody opted in is none of it, nor is what only does something (`resubscribe` does, `globalUnsubscribe` undoes). All that the catalog has, and all that
// sound alike and are none, stand in server/src/destinations/catalog/opt-in-fields.txt, which a test holds against the catalog.
import type { Field } from "./definition.ts";

type Named = Pick<Field, "key" | "label" | "type">;

/** What a yes says of somebody: that they are opted in, or that they are opted out. */
export type OptInSays = "in" | "out";

/** `parent`: key of the object that it stands in. Undefined: it says neither. */
export function optInSays({ key, label, type }: Named, parent = ""): OptInSays | undefined {
  if (type === "object" || type === "datetime") return undefined;
  // What is called no more than `state` is that of what it stands in.
  const name = wordsOf(key === "state" || key === "status" ? `${parent} ${key}` : key);
  const words = wordsOf(label);
  // As a text it is when they did, or what stands for a yes elsewhere.
  if (saysOut.test(name)) return type !== "boolean" || noneOut.test(name) ? undefined : "out";
  return !none.test(name) && !/\b(string|flag)\b/.test(words) && (says.test(name) || (says.test(words) && !none.test(words))) ? "in" : undefined;
}

/** Whether a field has to do with what people allow, so that whoever reviews the list looks at it. */
export function soundsLikeOptIn({ key, label }: Pick<Field, "key" | "label">): boolean {
  return sounds.test(wordsOf(key)) || sounds.test(wordsOf(label));
}

/** `emailOptIn`, `email_opt_in`, `E-mail opt-in` → email opt in. */
function wordsOf(text: string): string {
  return text.replace(/([a-z\d])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2").toLowerCase().replace(/[^a-z\d]+/g, " ").trim();
}

const says = /\b(opt(ed)? ?in|(re)?subscribed?|subscription (state|status)|accepts marketing|marketing (status|state)|permission( status)?|consent)\b/;
const none = /\b(unsubscribed?|opt(ed)? ?out|not|no|updated?|collected|level|type|choices|single|date|at|source|method|ids?|url|ip address|value)\b/;
const saysOut = /\b(unsubscribed|opt(ed)? ?out|do not (contact|e ?mail|mail|call|text|phone|track|sell)|suppressed)\b/;
const noneOut = /\b(type|choices|date|at|source|method|ids?|url|value|lists?|reason|flag)\b/;
const sounds = /opt(ed)? ?in\b|opt(ed)? ?out\b|subscri(be|ption)|consent|permission|marketing|\bdo not\b|\bunsub|\bgdpr\b|suppress|\b(block|black|deny) ?list/;
