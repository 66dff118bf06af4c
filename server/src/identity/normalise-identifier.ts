// Brings a value into the one form in which it is compared and stored. Two spellings of one identifier get one form;
// whatever could stand for two people (numbers that lost digits, switchboards with an extension) is refused instead.
import { domainToASCII } from "node:url";
import { parsePhoneNumberFromString, type CountryCode, isSupportedCountry } from "libphonenumber-js";
import type { CompiledNamespace } from "./rules.ts";

/** The longest identifier, in UTF-16 units, after trimming. */
export const IDENTIFIER_LENGTH_MAX = 512;
/** RFC 5321: the longest address that mail can be sent to, and its longest local part. */
const EMAIL_LENGTH_MAX = 254;
const EMAIL_LOCAL_LENGTH_MAX = 64;

export type InvalidReason =
  | "empty" | "too_long" | "control_characters" | "not_text" | "imprecise_number"
  | "not_an_email" | "not_a_phone_number" | "phone_without_country" | "phone_with_extension" | "blocked";

export type Normalised = { readonly value: string } | { readonly invalid: InvalidReason };

// Characters that show nothing and get pasted along: zero-width spaces and joiners, direction marks, soft hyphens.
const invisible = "\\u00ad\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff";
const edges = new RegExp(`^[\\s${invisible}]+|[\\s${invisible}]+$`, "gu");
const needsTrimming = new RegExp(`^[\\s${invisible}]|[\\s${invisible}]$`, "u");
// C0, DEL and C1 controls, and line and paragraph separators.
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;
const plainAscii = /^[\x20-\x7e]*$/;
const zerosOnly = /^[0\-:.{}]+$/;

/** Ids that whole series of devices have in common. */
const sharedDeviceIds: ReadonlySet<string> = new Set([
  "9774d56d682e549c", // Android 2.2, the same on every phone of several makers
  "02:00:00:00:00:00", // what Android and iOS answer instead of the MAC address
]);

/**
 * The comparable form of a value as it stands in an event. `phoneCountry` (ISO 3166-1 alpha-2) reads national phone
 * numbers; without it only international ones are taken.
 */
export function normaliseIdentifier(raw: unknown, rule: CompiledNamespace, phoneCountry: string | undefined): Normalised {
  const text = toText(raw);
  if (typeof text !== "string") return text;
  const clean = cleanText(text);
  if (typeof clean !== "string") return clean;
  // Before the shape is looked at, so that "null" is reported as what it is, also where an address is expected.
  if (isBlocked(clean, rule)) return { invalid: "blocked" };
  const normalised = bringIntoForm(clean, rule.normalise, phoneCountry);
  if ("value" in normalised && normalised.value !== clean && isBlocked(normalised.value, rule)) return { invalid: "blocked" };
  return normalised;
}

function toText(raw: unknown): string | { invalid: InvalidReason } {
  switch (typeof raw) {
    case "string":
      return raw;
    case "bigint":
      return String(raw);
    case "number":
      // Beyond 2^53 two different ids are read as the same number: they must not become the same person.
      if (!Number.isFinite(raw) || Math.abs(raw) > Number.MAX_SAFE_INTEGER) return { invalid: "imprecise_number" };
      return String(raw);
    default:
      return { invalid: "not_text" };
  }
}

/** Trimmed, composed (NFC), of a bounded length and free of control characters and lone surrogates. */
export function cleanText(text: string): string | { invalid: InvalidReason } {
  const trimmed = needsTrimming.test(text) ? text.replace(edges, "") : text;
  if (trimmed.length === 0) return { invalid: "empty" };
  if (trimmed.length > IDENTIFIER_LENGTH_MAX) return { invalid: "too_long" };
  if (plainAscii.test(trimmed)) return trimmed;
  if (control.test(trimmed) || !trimmed.isWellFormed()) return { invalid: "control_characters" };
  const composed = trimmed.normalize("NFC");
  return composed.length > IDENTIFIER_LENGTH_MAX ? { invalid: "too_long" } : composed;
}

function bringIntoForm(text: string, form: CompiledNamespace["normalise"], phoneCountry: string | undefined): Normalised {
  switch (form) {
    case "text":
      return { value: text };
    case "lower":
      return { value: lower(text) };
    case "email":
      return email(text);
    case "phone":
      return phone(text, phoneCountry);
  }
}

function lower(text: string): string {
  return text.toLowerCase().normalize("NFC");
}

// Every character that may stand unquoted in a local part, and any letter of any script. Dots may stand anywhere: some
// Japanese carriers gave out addresses with dots in a row.
const emailLocal = /^[\p{L}\p{M}\p{N}!#$%&'*+\-/=?^_`{|}~.]+$/u;
const domainLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const topLevel = /^(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

/** Lower-cased; no cleverness about dots or `+`: whose mailbox that is only its provider knows. */
function email(text: string): Normalised {
  const invalid = { invalid: "not_an_email" } as const;
  const at = text.indexOf("@");
  if (at < 1 || at !== text.lastIndexOf("@")) return invalid;
  const local = lower(text.slice(0, at));
  if (local.length > EMAIL_LOCAL_LENGTH_MAX || !emailLocal.test(local)) return invalid;
  const written = text.slice(at + 1).toLowerCase();
  const domain = plainAscii.test(written) ? written : domainToASCII(written);
  const labels = domain.split(".");
  if (labels.length < 2 || !labels.every((label) => domainLabel.test(label)) || !topLevel.test(labels.at(-1) ?? "")) return invalid;
  const value = `${local}@${domain}`;
  return value.length > EMAIL_LENGTH_MAX ? invalid : { value };
}

/** E.164. */
function phone(text: string, phoneCountry: string | undefined): Normalised {
  const country = countryOf(phoneCountry);
  // The library reads neither the prefix of a link nor a full-width plus unless it may search in running text.
  const dialled = text.replace(/^tel:/i, "").replace(/^\uff0b/, "+");
  const number = parsePhoneNumberFromString(dialled, { ...(country ? { defaultCountry: country } : {}), extract: false });
  if (number === undefined || !number.isValid()) {
    return { invalid: !country && !dialled.startsWith("+") ? "phone_without_country" : "not_a_phone_number" };
  }
  // Behind one number with extensions sits a whole office.
  return number.ext ? { invalid: "phone_with_extension" } : { value: number.number };
}

function countryOf(code: string | undefined): CountryCode | undefined {
  const upper = code?.toUpperCase();
  return upper !== undefined && isSupportedCountry(upper) ? upper : undefined;
}

function isBlocked(text: string, rule: CompiledNamespace): boolean {
  const compared = text.toLowerCase();
  if (rule.blockedValues.has(compared)) return true;
  if (rule.isDevice && (zerosOnly.test(text) || sharedDeviceIds.has(compared))) return true;
  for (const pattern of rule.blockedPatterns) if (pattern.matches(text)) return true;
  return false;
}
