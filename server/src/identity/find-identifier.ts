// From an identifier as somebody writes it to the key it is stored under: by the same normalisation as in the pipeline.
import type { IdentifierRef } from "@tributary/schema/control.ts";
import type { WorkspaceSettings } from "@tributary/schema/settings.ts";
import { identifierKey } from "./identifier-key.ts";
import { normaliseIdentifier } from "./normalise-identifier.ts";
import { compileIdentityRules, type IdentityRules } from "./rules.ts";

export interface KnownIdentifier extends IdentifierRef {
  readonly key: string;
}

/** Null when the value can be nobody's identifier (unknown namespace, unreadable, blocked). `value` comes out normalised. */
export type FindIdentifier = (workspaceId: number, settings: WorkspaceSettings, identifier: IdentifierRef) => KnownIdentifier | null;

/** `secret` is the installation's, the one that the pipeline makes keys with. */
export function createFindIdentifier(secret: string): FindIdentifier {
  // By the settings object: the cache of settings hands out the same one until it changes or grows old.
  const compiled = new WeakMap<WorkspaceSettings, IdentityRules>();
  return function findIdentifier(workspaceId, settings, { namespace, value }) {
    let rules = compiled.get(settings);
    if (rules === undefined) compiled.set(settings, (rules = compileIdentityRules(settings.identity)));
    const rule = rules.byName.get(namespace);
    if (rule === undefined) return null;
    const normalised = normaliseIdentifier(value, rule, settings.phoneCountry);
    if ("invalid" in normalised) return null;
    return { namespace, value: normalised.value, key: identifierKey(secret, workspaceId, namespace, normalised.value) };
  };
}
