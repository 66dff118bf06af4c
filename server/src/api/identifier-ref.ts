// `namespace:value` in addresses. The namespace holds no colon, so everything behind the first one is the value, whatever
// stands in it; percent-encoding is undone once, by the router.
import type { IdentifierRef } from "@tributary/schema/control.ts";
import { AppError } from "../core/errors.ts";

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const VALUE_LENGTH_MAX = 2048;

export type ProfileRef = { readonly kind: "id"; readonly id: string } | { readonly kind: "identifier"; readonly identifier: IdentifierRef };

export function isGuid(text: string): boolean {
  return GUID.test(text);
}

/** Throws `not_found` for what can name nobody. */
export function parseProfileRef(text: string): ProfileRef {
  if (isGuid(text)) return { kind: "id", id: text.toLowerCase() };
  return { kind: "identifier", identifier: parseIdentifierRef(text) };
}

export function parseIdentifierRef(text: string): IdentifierRef {
  const colon = text.indexOf(":");
  const namespace = text.slice(0, colon);
  const value = text.slice(colon + 1);
  // Postgres can hold no NUL, so no stored identifier has one.
  if (colon < 1 || value === "" || value.length > VALUE_LENGTH_MAX || value.includes("\0") || !/^[a-z][a-z0-9_]{0,62}$/.test(namespace)) {
    throw new AppError("not_found", {
      detail: "This names nobody.",
      hint: "Name a person by id, or by an identifier as `namespace:value`, percent-encoded.",
    });
  }
  return { namespace, value };
}
