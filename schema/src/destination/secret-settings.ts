// Which settings of a destination are secrets: they are asked for, kept, and never shown again. Vendors declare many of their keys as
// plain text, so that what a field is called counts, too; one that is wrongly taken for a secret is merely asked for twice.
import type { Field } from "./definition.ts";

const secretWord = /(secret|password|passphrase|token|credential|api_?-?key|access_?-?key|private_?-?key|signing_?-?key|write_?-?key|auth_?-?key|license_?-?key|authorization)/i;
/** Words beside which a key is a name or a switch. */
const openWord = /(public_?key|key_?name|token_?(type|url|endpoint)|_id$|accessKeyId$|^use_|^enable)/i;

export function isSecret(field: Pick<Field, "key" | "label" | "type" | "choices">): boolean {
  if (field.type === "password") return true;
  if (field.choices !== undefined || field.type === "boolean" || field.type === "number" || field.type === "integer" || field.type === "datetime") return false;
  // What stands in headers opens doors more often than not.
  if (field.type === "object") return /header/i.test(field.key) || secretWord.test(field.key);
  return (secretWord.test(field.key) || secretWord.test(field.label.replaceAll(" ", ""))) && !openWord.test(field.key);
}

/** A secret is shown by its end alone, where enough is left to guess. */
const LAST_SHOWN = 3;
const LENGTH_SHOWN_FROM = 16;

/** "" of what is too short to show any of it, and of what is no text. */
export function lastOf(secret: unknown): string {
  return typeof secret === "string" && secret.length >= LENGTH_SHOWN_FROM ? secret.slice(-LAST_SHOWN) : "";
}

/** An address that says who enters, or with what. */
export function holdsSecret(value: unknown): boolean {
  if (typeof value !== "string" || !/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return false;
  const [, authority = ""] = /^[^/]*\/\/([^/?#]*)/.exec(value) ?? [];
  return authority.includes("@") || /[?&][^=&#]*(secret|password|token|key|sig(nature)?|auth|code)[^=&#]*=[^&#]/i.test(value);
}

/** A setting that decides where things go. */
export function isPlace(field: Pick<Field, "key" | "type">): boolean {
  return (field.type === "string" || field.type === "text") && /(url|uri|host|endpoint|server|domain|address|broker|port$)/i.test(field.key);
}
