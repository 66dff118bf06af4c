// Consent decisions that an event carries, in the spellings of the field: Segment's and Jitsu's
// `context.consent.categoryPreferences`, RudderStack's `context.consentManagement`. Where they disagree, no wins.
import { CONSENT_CATEGORIES_MAX, LABEL_CHARACTERS_MAX } from "./limits.ts";
import { isPlainObject, textOf, type PlainObject } from "./read-field.ts";

const none: Readonly<Record<string, boolean>> = Object.freeze({});

/** Category → granted; empty when the event says nothing. */
export function readConsent(context: Readonly<PlainObject>): Readonly<Record<string, boolean>> {
  const segment = context["consent"];
  const rudder = context["consentManagement"];
  if (!isPlainObject(segment) && !isPlainObject(rudder)) return none;
  const categories: Record<string, boolean> = {};
  if (isPlainObject(rudder)) {
    addIds(categories, rudder["allowedConsentIds"], true);
    addIds(categories, rudder["deniedConsentIds"], false);
  }
  if (isPlainObject(segment) && isPlainObject(segment["categoryPreferences"])) {
    for (const [category, granted] of Object.entries(segment["categoryPreferences"])) {
      if (typeof granted === "boolean") add(categories, category, granted);
    }
  }
  return categories;
}

/** Ids as a list, or as an object whose keys are the ids. */
function addIds(categories: Record<string, boolean>, ids: unknown, granted: boolean): void {
  const list = Array.isArray(ids) ? ids : isPlainObject(ids) ? Object.keys(ids) : [];
  for (const id of list) add(categories, textOf(id), granted);
}

function add(categories: Record<string, boolean>, category: string, granted: boolean): void {
  const name = category.trim();
  if (name === "" || name === "__proto__" || name.length > LABEL_CHARACTERS_MAX) return;
  const before = categories[name];
  if (before === undefined && Object.keys(categories).length >= CONSENT_CATEGORIES_MAX) return;
  categories[name] = before === undefined ? granted : before && granted;
}
