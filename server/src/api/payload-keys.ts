// Whom an unprocessed payload may name: the salted keys under which a suppressed person would be recognised in it. An event
// that was held back has no person and no identifiers in the event table, so its bytes are looked through here.
import { isRecord } from "@tributary/schema/is-record.ts";
import type { WorkspaceSettings } from "@tributary/schema/settings.ts";
import { compileIdentityRules, extractIdentifiers, identifierKey, normaliseIdentifier, type IdentityRules } from "../identity/identity.ts";

/** Values looked at in a payload that can't be read as an event. */
export const PAYLOAD_VALUES_MAX = 1_000;

/** Keys of the identifiers in a payload, as received under a source. */
export type PayloadKeys = (sourceId: number, raw: string) => readonly string[];

/** `secret` is the installation's, the one that the pipeline makes keys with. */
export function createPayloadKeys(secret: string, workspaceId: number, settings: WorkspaceSettings): PayloadKeys {
  const rules = compileIdentityRules(settings.identity);
  const { phoneCountry } = settings;
  return (sourceId, raw) => {
    const payload = readObject(raw);
    const read = payload === undefined ? [] : extractIdentifiers(payload, rules, { workspaceId, sourceId, secret, phoneCountry }).identifiers;
    if (read.length > 0) return read.map(({ key }) => key);
    // Broken, or of a shape that only its SDK's own dialect explains: any value in it may be anybody's identifier.
    return valuesIn(raw).flatMap((value) => keysOf(value, rules, settings).map(([name, text]) => identifierKey(secret, workspaceId, name, text)));
  };
}

function keysOf(value: string, rules: IdentityRules, settings: WorkspaceSettings): [namespace: string, value: string][] {
  return rules.namespaces.flatMap((rule) => {
    const normalised = normaliseIdentifier(value, rule, settings.phoneCountry);
    return "invalid" in normalised ? [] : [[rule.name, normalised.value]];
  });
}

function readObject(raw: string): Readonly<Record<string, unknown>> | undefined {
  const value = readJson(raw);
  return isRecord(value) ? value : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Quoted texts, the last one perhaps cut off, and bare words and numbers; each once. */
function valuesIn(raw: string): string[] {
  const values = new Set<string>();
  for (const [found, quoted] of raw.matchAll(/"((?:[^"\\]|\\.)*)"?|[^\s"{}[\],:]+/g)) {
    const text = quoted === undefined ? found : readJson(`"${quoted}"`);
    values.add(typeof text === "string" ? text : (quoted ?? found));
    if (values.size >= PAYLOAD_VALUES_MAX) break;
  }
  return [...values].filter((value) => value !== "");
}
