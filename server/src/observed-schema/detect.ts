// Proposes whether a field is personal, and of which kind, with the reasons in words. It proposes; a person decides. Where nothing
// points either way it says so, for a field that is wrongly called harmless is shown to everybody. Pure.
import type { FieldKind, FieldPlace } from "@tributary/schema/field.ts";
import type { Look } from "./looks.ts";
import { meaningOf, wordsOf } from "./personal-names.ts";

export interface SeenField {
  readonly place: FieldPlace;
  readonly path: string;
  /** Values that were looked at, and what how many of them looked like. */
  readonly sampled: number;
  readonly looks: Readonly<Partial<Record<Look, number>>>;
  /** What it came as → how often. */
  readonly types: Readonly<Partial<Record<ValueType, number>>>;
}

export const valueTypes = ["text", "number", "boolean", "list", "objects"] as const;
export type ValueType = (typeof valueTypes)[number];

export interface Proposal {
  /** Null: nothing points either way. */
  readonly personal: boolean | null;
  readonly kind: FieldKind | null;
  /** Sentences, the strongest first. */
  readonly evidence: readonly string[];
}

/** From so many of a hundred values on that look like it, a field is taken for what they look like. */
const SHARE_MIN = 0.5;
/** One address among many values is still an address that somebody could see. */
const TRACE_LOOKS: ReadonlySet<Look> = new Set(["email", "iban", "card", "email_in_url"]);
/** Values to be looked at before their silence says anything. */
const SILENCE_MIN = 10;

const lookWords: Readonly<Record<Look, { readonly one: string; readonly many: string; readonly kind: FieldKind }>> = {
  email: { one: "an e-mail address", many: "e-mail addresses", kind: "identity" },
  phone: { one: "a phone number", many: "phone numbers", kind: "identity" },
  ip: { one: "an IP address", many: "IP addresses", kind: "identity" },
  iban: { one: "an IBAN (its checksum is right)", many: "IBANs (their checksums are right)", kind: "identity" },
  card: { one: "a card number (its checksum is right)", many: "card numbers (their checksums are right)", kind: "identity" },
  national_id: { one: "an official number of a person", many: "official numbers of persons", kind: "identity" },
  birth_date: { one: "a date of birth", many: "dates of birth", kind: "demographic" },
  coordinates: { one: "a place on the map", many: "places on the map", kind: "identity" },
  email_in_url: { one: "an address of a page with an e-mail address in it", many: "addresses of pages with an e-mail address in them", kind: "identity" },
};

export function propose(field: SeenField): Proposal {
  const isOfPerson = field.place === "trait";
  const meaning = meaningOf(field.path, isOfPerson);
  const isFlag = isOnly(field.types, "boolean");
  const byValues = strongLooks(field);
  if (byValues.length > 0) {
    const named = meaning && !isFlag ? [`Its name says that it is ${meaning.what} ("${meaning.name}").`] : [];
    return { personal: true, kind: byValues[0]?.kind ?? null, evidence: [...byValues.map(({ text }) => text), ...named] };
  }
  if (meaning && !isFlag) {
    return { personal: true, kind: meaning.kind, evidence: [`Its name says that it is ${meaning.what} ("${meaning.name}").`] };
  }
  return harmless(field, isFlag);
}

function strongLooks({ sampled, looks }: SeenField): { readonly text: string; readonly kind: FieldKind }[] {
  const found = (Object.entries(looks) as [Look, number][]).filter(([look, count]) => count > 0 && (count / Math.max(sampled, 1) >= SHARE_MIN || TRACE_LOOKS.has(look)));
  return found.toSorted((a, b) => b[1] - a[1]).map(([look, count]) => {
    const words = lookWords[look];
    return { kind: words.kind, text: `${count} of ${sampled} ${sampled === 1 ? "value" : "values"} ${count === 1 ? `looks like ${words.one}` : `look like ${words.many}`}.` };
  });
}

const transactionWords = ["price", "amount", "total", "revenue", "currency", "quantity", "tax", "discount", "shipping", "coupon", "sku", "order", "cart", "checkout", "product", "payment", "refund", "subtotal", "value", "preis", "betrag", "menge", "pris", "belob", "precio", "prix", "montant", "waehrung", "plan", "invoice"];
const behaviourWords = ["page", "screen", "campaign", "utm", "referrer", "url", "path", "click", "scroll", "browser", "os", "version", "app", "device", "width", "height", "locale", "timezone", "library", "channel", "source", "medium", "duration", "count", "position", "index", "step", "query", "search", "rating", "enabled", "active"];
const firmographicWords = ["company", "industry", "employees", "firma", "branche", "virksomhed", "empresa", "entreprise", "website", "domain"];

/** Proposed only where the values were looked at and their kind cannot name anybody. */
function harmless(field: SeenField, isFlag: boolean): Proposal {
  if (isOnly(field.types, "objects")) return { personal: false, kind: kindByWords(field), evidence: ["It is a list of objects; each of their fields is decided for itself."] };
  if (isFlag) return { personal: false, kind: kindByWords(field), evidence: ["All values are yes or no."] };
  const kind = kindByWords(field);
  if (field.sampled < SILENCE_MIN) return { personal: null, kind, evidence: [`Only ${field.sampled} ${field.sampled === 1 ? "value was" : "values were"} looked at, and nothing points either way.`] };
  const silence = `None of ${field.sampled} values looks like something of a person, and neither does its name.`;
  if (isOnly(field.types, "number") || kind === "transaction") return { personal: false, kind, evidence: [silence] };
  return { personal: null, kind, evidence: [silence, "Free text can hold anything, so somebody should look at the examples."] };
}

function kindByWords({ place, path }: SeenField): FieldKind | null {
  if (place === "account") return "firmographic";
  const words = wordsOf(path);
  const has = (list: readonly string[]): boolean => words.some((word) => list.includes(word));
  if (has(transactionWords)) return "transaction";
  if (has(firmographicWords)) return "firmographic";
  if (place === "context" || has(behaviourWords)) return "behaviour";
  return place === "property" ? "behaviour" : null;
}

function isOnly(types: SeenField["types"], type: ValueType): boolean {
  return (types[type] ?? 0) > 0 && valueTypes.every((one) => one === type || (types[one] ?? 0) === 0);
}
