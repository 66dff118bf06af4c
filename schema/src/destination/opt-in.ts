// Who is opted in at a vendor. That somebody may be written to is theirs to say, and what they said is kept here: so a field that opts people in is filled from their consent, or with
// what is the same for everybody in a subscription that asks for consent, and from nothing else. A mapping that does otherwise is refused when it is saved; of one that was saved
// before that, what would opt in is left out (payload.ts). That somebody is opted out may come from anywhere; a field that says that they are opts in where it says that they are not.
import { isRecord } from "../is-record.ts";
import type { FieldProblem } from "./check-fields.ts";
import type { Action, Field } from "./definition.ts";
import { asDirective, rootDirectiveKey, templateParts } from "./mapping-directives.ts";
import { pathNames } from "./mapping-path.ts";
import type { Mapping } from "./mapping.ts";
import { optInSays, type OptInSays } from "./opt-in-fields.ts";

/** Where an event that leaves says what its person has decided, by category: true, false, or nothing where they decided nothing. */
export const consentsPath = "$.context.consents";

/** As a mapping may say it in a field that says that people are opted out. */
const ifConsented = `{"@if":{"blank":{"@path":"${consentsPath}.<category>"},"then":false,"else":true}}`;

/** A field of an action that opts people in. */
export interface OptInField {
  /** Keys on the way to it, through lists too. */
  readonly path: readonly string[];
  readonly label: string;
  /** What goes with it where it must go: an entry of a list is nothing without what it needs. */
  readonly drop: readonly string[];
  readonly says: OptInSays;
  /** A key of an object that takes any: where that is taken as a whole, it need not be there. */
  readonly isFree?: true;
}

export function optInFields(fields: readonly Field[], within: Pick<OptInField, "path" | "drop"> = { path: [], drop: [] }): readonly OptInField[] {
  return fields.flatMap((field) => {
    const path = [...within.path, field.key];
    const drop = within.drop.length > 0 && field.required === true ? within.drop : path;
    const says = optInSays(field, within.path.at(-1));
    if (says !== undefined) return [{ path, label: field.label, drop, says }];
    const free = (field.optInKeys ?? []).map((key): OptInField => ({ path: [...path, key], label: key, drop: [...path, key], says: optInSays({ key, label: key, type: "boolean" }) ?? "in", isFree: true }));
    return [...optInFields(field.properties ?? [], { path, drop }), ...free];
  });
}

// ── What a mapping fills them with ────────────────────────────────────────────────────────────────────────────────

interface Filling {
  readonly value: unknown;
  /** Its paths begin within something else than the event. */
  readonly isRelative: boolean;
  /** Something larger is taken as a whole. */
  readonly isWhole?: true;
}

/** All values that a mapping has at that place; where something larger is taken as a whole, that. */
function fillingsOf(mapping: Mapping, path: readonly string[]): readonly Filling[] {
  let found: Filling[] = [{ value: mapping, isRelative: Object.hasOwn(mapping, rootDirectiveKey) }];
  for (const key of path) found = found.flatMap((one) => within(one, key));
  return found.filter(({ value }) => value !== undefined && value !== null);
}

function within({ value, isRelative }: Filling, key: string): Filling[] {
  if (Array.isArray(value)) return value.flatMap((one: unknown) => within({ value: one, isRelative }, key));
  if (!isRecord(value)) return [];
  const directive = asDirective(value);
  if (directive === undefined) return Object.hasOwn(value, key) ? [{ value: value[key], isRelative }] : [];
  const [, shape]: readonly unknown[] = directive !== "mixed" && directive.name === "@arrayPath" && Array.isArray(directive.value) ? directive.value : [];
  return isRecord(shape) && asDirective(shape) === undefined ? within({ value: shape, isRelative: true }, key) : [{ value, isRelative, isWhole: true }];
}

/** The same, in a field that says the contrary of a consent: a consent that it took as it is would opt in whoever has denied it. */
function sourcesFor({ says }: OptInField, filling: Filling): readonly string[] {
  return otherSources(says === "in" ? filling : { ...filling, isRelative: true });
}

/** Paths that it takes what it says from, but for the consent that is kept here. What only decides between two values says neither. */
function otherSources({ value, isRelative }: Filling): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one: unknown) => otherSources({ value: one, isRelative }));
  if (!isRecord(value)) return [];
  const directive = asDirective(value);
  if (directive === undefined || directive === "mixed") return otherSources({ value: Object.values(value), isRelative });
  const options = directive.value;
  const isOther = (path: string): boolean => isRelative || !isConsent(path);
  switch (directive.name) {
    case "@path": return typeof options === "string" && isOther(options) ? [options] : [];
    case "@template": return (typeof options === "string" ? templateParts(options) : []).flatMap(({ path }) => (path !== undefined && isOther(path) ? [path] : []));
    case "@if": return isRecord(options) ? otherSources({ value: [options["then"], options["else"]], isRelative }) : [];
    case "@arrayPath": {
      const [root, shape]: readonly unknown[] = Array.isArray(options) ? options : [];
      return [...(typeof root === "string" ? otherSources({ value: { "@path": root }, isRelative }) : otherSources({ value: root, isRelative })), ...otherSources({ value: shape, isRelative: true })];
    }
    case "@transform": return isRecord(options) ? [...otherSources({ value: options["apply"], isRelative }), ...otherSources({ value: options["mapping"], isRelative: true })] : [];
    default: return otherSources({ value: options, isRelative });
  }
}

function isConsent(path: string): boolean {
  const [first, second] = pathNames(path);
  return first === "context" && second === "consents";
}

// ── The same for everybody ────────────────────────────────────────────────────────────────────────────────────────

const optedIn = /^(subscribed?|opt(ed)?[ _-]?in)$/i;
const saysOptedIn = /(opt(ed)?_?in|(^|_)subscribed?)$/i;
const optedOut = /^(|false|no|n|0|off|out|never|none|d|unknown|unspecified|indeterminate|denied|rejected|revoked|(un|not_?)subscribed?|opt(ed)?[ _-]?out)$/i;

const saysYes = /^(true|yes|y|1|on|unsubscribed?|suppressed|opt(ed)?[ _-]?out)$/i;

/** Whether a value opts nobody in: it says that they are not, or no more, opted in, or nothing. */
function isNoOptIn(value: unknown, says: OptInSays): boolean {
  if (value === undefined || value === null) return true;
  if (says === "out") return value === true || value === 1 || (typeof value === "string" && saysYes.test(value.trim()));
  return value === false || value === 0 || (typeof value === "string" && optedOut.test(value.trim()));
}

/** Whether a subscription opts in everybody of whom it sends something: because its action does nothing else, or because its mapping says so whatever the event. */
export function optsIn(action: Pick<Action, "optsIn"> & { readonly fields?: readonly Field[] }, mapping: Mapping): boolean {
  if (action.optsIn === true || Object.entries(mapping).some(([name, value]) => isOptIn(name, value))) return true;
  return optInFields(action.fields ?? []).some((field) => fillingsOf(mapping, field.path).some((one) => isThere(field, one) && saysForEverybody(field, one)));
}

function saysForEverybody({ says }: OptInField, { value }: Filling): boolean {
  return constantsOf(value).some((one) => !isNoOptIn(one, says));
}

/** Of something that is taken as a whole nobody knows which of the keys that it may have it has. */
function isThere({ isFree }: OptInField, { isWhole }: Filling): boolean {
  return isFree !== true || isWhole !== true;
}

/** `name`: of the field that it stands in, however deep it stands in directives. */
function isOptIn(name: string, value: unknown): boolean {
  if (typeof value === "string") return optedIn.test(value);
  if (value === true) return saysOptedIn.test(name);
  if (value === false) return optInSays({ key: name, label: "", type: "boolean" }) === "out";
  if (typeof value !== "object" || value === null) return false;
  const withoutConsent = saidWithoutConsent(value);
  if (withoutConsent !== undefined) return isOptIn(name, withoutConsent.value);
  // Names of what is asked for are no values.
  return Object.entries(value).some(([key, inner]) => key !== "@path" && key !== "@template" && isOptIn(key.startsWith("@") || /^(then|else|value|\d+)$/.test(key) ? name : key, inner));
}

/** What it may say without looking at the event, but for what their consent decides. */
function constantsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(constantsOf);
  if (!isRecord(value)) return [value];
  const withoutConsent = saidWithoutConsent(value);
  if (withoutConsent !== undefined) return constantsOf(withoutConsent.value);
  const directive = asDirective(value);
  if (directive === undefined || directive === "mixed") return Object.values(value).flatMap(constantsOf);
  if (directive.name === "@if") return isRecord(directive.value) ? constantsOf([directive.value["then"], directive.value["else"]]) : [];
  if (directive.name === "@merge") return isRecord(directive.value) ? constantsOf(directive.value["objects"]) : [];
  return directive.name === "@literal" ? constantsOf(directive.value) : [];
}

/** Of an `@if` that asks whether they have consented: what it says of those who have not. `blank` asks for what is there and not blank: one that is denied exists, and is blank. */
function saidWithoutConsent(value: object): { readonly value: unknown } | undefined {
  const directive = isRecord(value) ? asDirective(value) : undefined;
  if (directive === undefined || directive === "mixed" || directive.name !== "@if" || !isRecord(directive.value)) return undefined;
  const { exists, blank, else: otherwise } = directive.value;
  return exists === undefined && isRecord(blank) && typeof blank["@path"] === "string" && isConsent(blank["@path"]) ? { value: otherwise } : undefined;
}

// ── What is wrong with a mapping, and what is left out of one ─────────────────────────────────────────────────────

/** Fields that opt people in by something else than their consent. */
export function optInProblems(mapping: Mapping, { fields }: Pick<Action, "fields">): FieldProblem[] {
  return optInFields(fields).flatMap((one) => {
    const { path, label, says } = one;
    const [source] = fillingsOf(mapping, path).filter((filling) => isThere(one, filling)).flatMap((filling) => sourcesFor(one, filling));
    if (source === undefined) return [];
    const field = fieldOf(mapping, path);
    const problem = says === "in" ? `${label} opts people in at the vendor, and is filled from ${source}. Map it from the consent that they gave here (${consentsPath}.<category>), or leave it empty.`
      : `${label} says that people are opted out, so that a no opts them in at the vendor, and is filled from ${source}. Ask for the consent that they gave here (${ifConsented}), or leave it empty.`;
    return [{ field, problem }];
  });
}

/** A mapping to begin with: without the fields that `optInProblems` would name. */
export function withoutOptInProblems(mapping: Mapping, action: Pick<Action, "fields">): Mapping {
  return optInProblems(mapping, action).reduce((left, { field }) => withoutPlace(left, field.split(".")), mapping);
}

function withoutPlace<Value extends Mapping>(value: Value, [key = "", ...rest]: readonly string[]): Value {
  const { [key]: inner, ...others } = value;
  return (rest.length > 0 && isRecord(inner) ? { ...value, [key]: withoutPlace(inner as Mapping, rest) } : others) as Value; // Of the same kind, a field less.
}

/** As deep as the mapping names it. */
function fieldOf(mapping: Mapping, path: readonly string[]): string {
  const named: string[] = [];
  let value: unknown = mapping;
  for (const key of path) {
    if (!isRecord(value) || (named.length > 0 && asDirective(value) !== undefined)) break;
    named.push(key);
    value = value[key];
  }
  return named.join(".");
}

/** Of which a subscription must not send that somebody is opted in. `consent`: what it asks for. */
export function optInsToLeaveOut(mapping: Mapping, { fields }: Pick<Action, "fields">, consent: readonly string[]): readonly OptInField[] {
  return optInFields(fields).filter((field) => fillingsOf(mapping, field.path).some((one) => sourcesFor(field, one).length > 0 || (consent.length === 0 && saysForEverybody(field, one))));
}

/** What was made, without what opts in; and the labels of what was left out. */
export function withoutOptIns(payload: Readonly<Record<string, unknown>>, all: readonly OptInField[]): { readonly payload: Readonly<Record<string, unknown>>; readonly leftOut: readonly string[] } {
  let left: unknown = payload;
  const leftOut: string[] = [];
  for (const one of all) {
    const { value, isLess } = without(left, one, 0);
    if (!isLess) continue;
    left = value;
    leftOut.push(one.path.join("."));
  }
  return { payload: isRecord(left) ? left : {}, leftOut };
}

interface Less {
  readonly value: unknown;
  readonly isLess: boolean;
}

function without(value: unknown, one: OptInField, depth: number): Less {
  if (Array.isArray(value)) {
    const each = value.map((inner: unknown) => without(inner, one, depth));
    return { value: each.flatMap((inner) => (inner.value === undefined ? [] : [inner.value])), isLess: each.some(({ isLess }) => isLess) };
  }
  const key = one.path[depth];
  if (!isRecord(value) || key === undefined || !Object.hasOwn(value, key)) return { value, isLess: false };
  const { [key]: inner, ...others } = value;
  const isLast = depth === one.path.length - 1;
  const made = isLast ? lastWithout(inner, one.says) : without(inner, one, depth + 1);
  if (!made.isLess) return { value, isLess: false };
  if (made.value !== undefined) return { value: { ...value, [key]: made.value }, isLess: true };
  // What needs it goes along, up to what can be left out.
  return { value: depth >= one.drop.length ? undefined : others, isLess: true };
}

function lastWithout(value: unknown, says: OptInSays): Less {
  if (!Array.isArray(value)) return isNoOptIn(value, says) ? { value, isLess: false } : { value: undefined, isLess: true };
  const kept = value.filter((one) => isNoOptIn(one, says));
  return { value: kept.length === 0 ? undefined : kept, isLess: kept.length < value.length };
}

// ── Settings of a connection ──────────────────────────────────────────────────────────────────────────────────────

const settingsKnown = new WeakMap<readonly Field[], readonly { readonly field: Field; readonly says: OptInSays }[]>();

/** Settings that opt people in: what goes for whomever the mapping says nothing of. */
export function optInSettings(fields: readonly Field[]): readonly { readonly field: Field; readonly says: OptInSays }[] {
  let found = settingsKnown.get(fields);
  if (found === undefined) {
    found = fields.flatMap((field) => {
      const says = optInSays(field);
      return says === undefined ? [] : [{ field, says }];
    });
    settingsKnown.set(fields, found);
  }
  return found;
}

/** For a subscription that asks for no consent a setting says the contrary where it has choices, and nothing else; `leftOut`: which, as `settings.…`. */
export function withoutOptInSettings<Settings extends Readonly<Record<string, unknown>>>(fields: readonly Field[], settings: Settings, consent: readonly string[]): { readonly settings: Settings; readonly leftOut: readonly string[] } {
  const some = consent.length > 0 ? [] : optInSettings(fields).filter(({ field, says }) => !isNoOptIn(settings[field.key], says));
  if (some.length === 0) return { settings, leftOut: [] };
  const said = Object.fromEntries(some.map(({ field, says }) => [field.key, field.choices?.find(({ value }) => isNoOptIn(value, says))?.value]));
  const left = Object.fromEntries(Object.entries({ ...settings, ...said }).filter(([, value]) => value !== undefined));
  return { settings: left as Settings, leftOut: some.map(({ field }) => `settings.${field.key}`) }; // Of the same keys, or some fewer.
}
