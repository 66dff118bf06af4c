// Identifiers as advertising platforms match them: brought into one form, then SHA-256 in hexadecimal. What is a hash already stays.
import { hash } from "node:crypto";

const isHash = (text: string): boolean => /^[0-9a-f]{64}$/i.test(text);
const sha256 = (text: string): string => hash("sha256", text, "hex");

/** Undefined: it is no e-mail address. `dotless`: Google's own addresses are matched without the dots before the @. */
export function hashedEmail(value: unknown, { dotless = false } = {}): string | undefined {
  const text = typeof value === "string" ? value.trim().toLowerCase() : "";
  if (isHash(text)) return text;
  const [, name = "", domain = ""] = /^([^\s@]{1,64})@([^\s@]{1,190}\.[^\s@.]{2,})$/u.exec(text) ?? [];
  if (name === "") return undefined;
  return sha256(`${dotless && /^(gmail|googlemail)\.com$/.test(domain) ? name.replaceAll(".", "") : name}@${domain}`);
}

/** Undefined: it is no number with its country before it. */
export function hashedPhone(value: unknown): string | undefined {
  const text = typeof value === "string" ? value.trim() : "";
  if (isHash(text)) return text.toLowerCase();
  const digits = text.replace(/[\s().-]/g, "");
  return /^\+[1-9]\d{6,14}$/.test(digits) ? sha256(digits) : undefined;
}

/** Undefined: there is none. */
export function hashedName(value: unknown): string | undefined {
  const text = typeof value === "string" ? value.trim().toLowerCase().toWellFormed() : "";
  return text === "" ? undefined : isHash(text) ? text : sha256(text);
}

/** Of one value or a list of them, what can be used, once each. */
export function eachOf(value: unknown, hashed: (one: unknown) => string | undefined): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return [...new Set(values.map(hashed).filter((one) => one !== undefined))];
}
