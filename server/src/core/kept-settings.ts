// Settings of a destination or a warehouse between what people send, what is kept, and what may be shown of it.
import type { Field } from "@tributary/schema/destination/definition.ts";
import { holdsSecret, isPlace, isSecret, lastOf } from "@tributary/schema/destination/secret-settings.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { AppError } from "./errors.ts";

export type Settings = Readonly<Record<string, unknown>>;

/** What asks for settings. */
export interface Asking {
  readonly name: string;
  readonly settings: readonly Field[];
}

export interface FieldProblem {
  readonly field: string;
  readonly problem: string;
}

/** All settings together, as JSON. */
const BYTES_MAX = 64_000;
const PROBLEMS_TOLD = 5;

/** What is left out stays, null takes away. A problem where a secret would go to another place than it was given for. */
export function mergedSettings(definition: Pick<Asking, "settings">, before: Settings, given: Settings): { readonly settings: Settings; readonly problems: readonly FieldProblem[] } {
  const merged = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(given)) {
    if (value === null) merged.delete(name);
    else merged.set(name, value);
  }
  return { settings: Object.fromEntries(merged), problems: redirected(definition, before, given) };
}

function movedPlaces(settings: Asking["settings"], before: Settings, given: Settings): Asking["settings"] {
  return settings.filter((field) => isPlace(field) && !isSecret(field) && before[field.key] !== undefined && given[field.key] !== undefined && given[field.key] !== before[field.key]);
}

/** Tokens were given for the old place, too: nobody has seen them, so nobody can send them again. */
export function losesTokens({ settings }: Pick<Asking, "settings">, before: Settings, given: Settings): boolean {
  return movedPlaces(settings, before, given).length > 0;
}

/** Whoever may change an address, and may not see a secret, must not get it sent to their own. */
function redirected({ settings }: Pick<Asking, "settings">, before: Settings, given: Settings): FieldProblem[] {
  const moved = movedPlaces(settings, before, given);
  if (moved.length === 0) return [];
  const places = moved.map(({ label }) => label).join(", ");
  return settings
    .filter((field) => isSecret(field) && before[field.key] !== undefined && given[field.key] === undefined)
    .map(({ key, label }) => ({ field: key, problem: `${label} must be sent again, because ${places} changes: it was given for the old one.` }));
}

export function settingsProblems({ definition, check }: { readonly definition: Asking; check(settings: Settings): readonly FieldProblem[] }, settings: Settings): FieldProblem[] {
  if (JSON.stringify(settings).length > BYTES_MAX) return [{ field: "", problem: `Settings have at most ${BYTES_MAX.toLocaleString("en")} characters.` }];
  const known = new Set(definition.settings.map(({ key }) => key));
  const unknown = Object.keys(settings).filter((key) => !known.has(key)).map((key) => ({ field: key, problem: `${definition.name} has no such setting.` }));
  return [...unknown, ...check(settings)];
}

/** Throws `invalid_settings`. */
export function refuseSettings(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  throw new AppError("invalid_settings", { detail: problemsText(problems) });
}

export function problemsText(problems: readonly FieldProblem[]): string {
  const told = problems.slice(0, PROBLEMS_TOLD).map(({ field, problem }) => (field === "" ? problem : `${field}: ${problem}`));
  return [...told, ...(problems.length > told.length ? [`${problems.length - told.length} more.`] : [])].join(" ");
}

export interface ShownSettings {
  readonly settings: Settings;
  readonly secrets: Readonly<Record<string, { readonly last: string }>>;
}

/** `definition`: undefined where the catalog has it no more; then nothing is known to be harmless. */
export function shownSettings(definition: Pick<Asking, "settings"> | undefined, settings: Settings): ShownSettings {
  const fields = new Map(definition?.settings.map((field) => [field.key, field]));
  const shown: [string, unknown][] = [];
  const secrets: [string, { last: string }][] = [];
  for (const [name, value] of Object.entries(settings)) {
    const field = fields.get(name);
    if (field === undefined || hidesAny(field, value)) secrets.push([name, { last: lastOf(value) }]);
    else shown.push([name, value]);
  }
  return { settings: Object.fromEntries(shown), secrets: Object.fromEntries(secrets) };
}

/** An object one of whose parts is a secret is one as a whole: it is small, and set whole. */
function hidesAny(field: Field, value: unknown): boolean {
  if (isSecret(field) || holdsSecret(value)) return true;
  if (Array.isArray(value)) return value.some((one) => hidesAny(field, one));
  if (!isRecord(value)) return false;
  const inner = new Map(field.properties?.map((property) => [property.key, property]));
  return Object.entries(value).some(([name, one]) => hidesAny(inner.get(name) ?? { ...field, key: name, label: name, type: "string", properties: undefined }, one));
}

/** Keys of fields that are never shown. */
export function secretKeys({ settings }: Pick<Asking, "settings">): string[] {
  return settings.filter((field) => isSecret(field)).map(({ key }) => key);
}

/** Texts that must stand in nothing that is shown: every secret, and every part of it long enough to be one. */
export function secretTexts(definition: Pick<Asking, "settings">, settings: Settings): string[] {
  const { secrets } = shownSettings(definition, settings);
  return [...new Set(Object.keys(secrets).flatMap((name) => textsIn(settings[name])))].filter((text) => text.length >= SECRET_LENGTH_MIN);
}

const SECRET_LENGTH_MIN = 6;

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
