// How values are shown to those who may not see them: enough to tell two people on the phone apart, never enough to know
// what was hidden, and never how long it was. Pure.
import { parsePhoneNumberFromString } from "libphonenumber-js";
import { isDemographic, wordOf } from "./known-fields.ts";
import { maskUrl } from "./mask-url.ts";

/** What stands in place of what is hidden. */
export const MASK = "•••";

/** What a value is taken for; a text that looks like an address or a number is masked as one, whatever it was declared. */
export type MaskKind = "email" | "phone" | "name" | "text" | "id" | "ip" | "url" | "secret";

const kindsByWord: ReadonlyMap<string, MaskKind> = new Map([
  ...(["phone", "phonenumber", "mobile", "mobilephone", "telephone", "fax"] as const).map((word) => [word, "phone"] as const),
  ...(["url", "href", "path", "referrer", "referer", "search", "pageurl"] as const).map((word) => [word, "url"] as const),
  ...(["ip", "ipaddress"] as const).map((word) => [word, "ip"] as const),
  ...(["password", "token", "writekey", "secret", "ssn", "cpr", "passport", "iban", "cardnumber"] as const).map((word) => [word, "secret"] as const),
]);

/** What a field of this path is taken for: an id by its ending, or what its name says. */
export function maskKindOf(path: string): MaskKind {
  const word = wordOf(path);
  // Of the few words that such a field can hold, the first letter tells which.
  if (isDemographic(word)) return "secret";
  return kindsByWord.get(word) ?? (/(^|[^\p{L}])id$/iu.test(path) || /[\p{Ll}\d]Id$/u.test(path) ? "id" : "text");
}

/** Texts shorter than this show nothing of themselves. */
const TEXT_SHOWN_FROM = 4;
const ID_SHOWN_FROM = 8;
const ID_SHOWN = 2;

/** Of one value; lists and objects are masked as a whole, see maskTree for what is within them. */
export function maskValue(kind: MaskKind, value: unknown): unknown {
  // That there is nothing says nothing.
  if (value === null || value === undefined || value === "") return value;
  return typeof value === "string" ? maskText(kind, value) : MASK;
}

function maskText(kind: MaskKind, text: string): string {
  if (kind === "secret" || kind === "ip") return MASK;
  const trimmed = text.trim();
  // What is no address is words, such as those that somebody searched for.
  if (kind === "url" && /^([a-z][a-z0-9+.-]*:\/\/|\/|\?)\S*$/i.test(trimmed)) return maskUrl(trimmed);
  if (emailShape.test(trimmed)) return maskEmail(trimmed);
  if (kind === "phone" || internationalPhone.test(trimmed)) return maskPhone(trimmed);
  if (isoDate.test(trimmed) || /^[\d\s.,:+-]+$/.test(trimmed)) return kind === "id" ? maskId(trimmed) : MASK;
  return kind === "id" ? maskId(trimmed) : maskWords(trimmed);
}

const emailShape = /^[^\s@"<>]{1,64}@[\p{L}\p{N}][\p{L}\p{N}.-]{0,200}\.\p{L}{2,24}$/u;
const internationalPhone = /^\+[\d\s().-]{6,30}$/;
const isoDate = /^\d{4}-\d{2}-\d{2}([T ][\d:.Z+-]*)?$/;

/** `a•••@example.com`. */
function maskEmail(text: string): string {
  const at = text.lastIndexOf("@");
  return `${firstLetter(text)}${MASK}${text.slice(at)}`;
}

/** `+45 •••67`: the country, and two digits to compare with. */
function maskPhone(text: string): string {
  const digits = text.replace(/\D/g, "");
  // Of a short number two digits would be much of it.
  if (digits.length < 7) return MASK;
  const country = text.startsWith("+") ? parsePhoneNumberFromString(text)?.countryCallingCode : undefined;
  return `${country === undefined ? "" : `+${country} `}${MASK}${digits.slice(-2)}`;
}

function maskWords(text: string): string {
  return text.length < TEXT_SHOWN_FROM ? MASK : `${firstLetter(text)}${MASK}`;
}

function maskId(text: string): string {
  return text.length < ID_SHOWN_FROM || !/^[\p{L}\p{N}_-]{2}/u.test(text) ? MASK : `${Array.from(text).slice(0, ID_SHOWN).join("")}${MASK}`;
}

/** Nothing where a text begins with a mark, a joiner or half a pair: only letters and digits are shown. */
function firstLetter(text: string): string {
  return /^[\p{L}\p{N}]/u.exec(text)?.[0] ?? "";
}

const emailWithin = /[^\s@"'<>()[\]{},;:/\\?&=|]{1,64}@[\p{L}\p{N}][\p{L}\p{N}.-]{0,200}\.\p{L}{2,24}/gu;
const numberWithin = /(?<![\p{L}\p{N}.-])\+?\d[\d\s().-]{6,20}\d(?![\p{L}\p{N}-])/gu;

/** For values of fields that are not personal: somebody's address is hidden even there. */
export function maskEmailsWithin(text: string): string {
  return text.includes("@") ? text.replace(emailWithin, (found) => maskEmail(found)) : text;
}

/** For texts that are names of things (an event, a property, a message id) unless a sender has put a person into them. */
export function maskWithin(text: string): string {
  return maskEmailsWithin(text).replace(numberWithin, (found) => (isoDate.test(found.trim()) ? found : maskPhone(found.trim())));
}

/** What a leaf is taken for, by its path below the root; undefined: it is not personal. */
export type LeafKind = (path: string) => MaskKind | undefined;

/** Deeper than anything that is taken in. */
const DEPTH_MAX = 100;

/**
 * Everything within a value, leaf by leaf. Items of lists have the path of their list; a name that is itself somebody's
 * address or number is masked too.
 */
export function maskTree(value: unknown, kindOf: LeafKind, path = "", depth = 0): unknown {
  if (typeof value !== "object" || value === null) {
    const kind = kindOf(path);
    if (kind !== undefined) return maskValue(kind, value);
    return typeof value === "string" ? maskEmailsWithin(value) : value;
  }
  if (depth >= DEPTH_MAX) return MASK;
  if (Array.isArray(value)) return value.map((item) => maskTree(item, kindOf, path, depth + 1));
  const masked = new Map<string, unknown>();
  for (const [name, inner] of Object.entries(value)) {
    const below = path === "" ? name : `${path}.${name}`;
    masked.set(freeName(maskName(name), masked), maskTree(inner, kindOf, below, depth + 1));
  }
  return Object.fromEntries(masked);
}

/** Dots in a name part it where it is stored: of an address as a name, the part before the `@` may stand alone with it. */
function maskName(name: string): string {
  return maskWithin(name).replace(/[^\s@]*@(?![^\s@]*\.\p{L})/gu, (found) => `${firstLetter(found)}${MASK}@`);
}

/** Two names that look the same once masked both stay. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  for (let count = 2, free = name; ; count++) {
    if (!taken.has(free)) return free;
    free = `${name} (${count})`;
  }
}
