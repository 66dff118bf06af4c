// Which account at a vendor a destination uses, so that those that use the same one share its rate. An account is told by what one signs in with: secrets, where they are
// given to, and whose they are. Of these only a keyed hash is made, under a key that lives as long as the process: it is compared, and neither kept nor shown.
import { createHmac, randomBytes } from "node:crypto";
import type { DestinationDefinition, Field } from "@tributary/schema/destination/definition.ts";
import { holdsSecret, isPlace, isSecret } from "@tributary/schema/destination/secret-settings.ts";
import { orderedText } from "../core/is-same.ts";
import { appKeys } from "./oauth/app-settings.ts";

export interface AccountUser {
  readonly workspaceId: number;
  readonly destinationId: number;
  /** Somebody named it: then whatever has the same name uses the same, of another definition too. */
  readonly named: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Somebody has signed in at the vendor. */
  readonly isAuthorized: boolean;
}

/** Whose a secret is, where that is a setting of its own: one password may be that of two. */
const signsIn = /^(\w+_)?(user|user_?name|login|api_?user|email|role_?arn|iam_?role_?arn)$/i;

const key = randomBytes(32);

/** Equal for two that use one account, of one workspace alone. `definition`: undefined where the catalog has it no more; then it is told by its name alone. */
export function accountOf(definition: Pick<DestinationDefinition, "slug" | "settings"> | undefined, user: AccountUser): string {
  if (user.named !== null) return hashed(["named", user.workspaceId, user.named]);
  const parts = definition === undefined ? undefined : credentials(definition.settings, user);
  return definition === undefined || parts === undefined ? hashed(["own", user.destinationId]) : hashed(["told", user.workspaceId, definition.slug, ...parts]);
}

/** Undefined: nothing tells whose account it is. */
function credentials(fields: readonly Field[], { settings, isAuthorized }: AccountUser): readonly (readonly [string, unknown])[] | undefined {
  const set = fields.filter(({ key: name }) => settings[name] !== undefined && settings[name] !== "").toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const valuesOf = (some: readonly Field[]): readonly (readonly [string, unknown])[] => some.map(({ key: name }) => [name, settings[name]]);
  // Each sign-in gives tokens of its own, and one app may be connected to many accounts: only where all is set alike it is the same one.
  if (fields.some(({ key: name }) => name === appKeys.clientId)) return isAuthorized ? valuesOf(set.filter(({ key: name }) => name !== appKeys.scopes)) : undefined;
  const opens = (field: Field): boolean => isSecret(field) || holdsSecret(settings[field.key]);
  return set.some(opens) ? valuesOf(set.filter((field) => opens(field) || isPlace(field) || signsIn.test(field.key))) : undefined;
}

function hashed(parts: readonly unknown[]): string {
  return createHmac("sha256", key).update(orderedText(parts) ?? "").digest("base64url");
}
