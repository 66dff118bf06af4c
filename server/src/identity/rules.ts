// The identity settings of a workspace, compiled once per version of the settings: namespaces in the order in which
// they decide, blocked values as sets, people's patterns as RE2 (linear time, whatever they wrote).
//
// Compiling never throws: settings already in the log must not stop the pipeline. What can't be used is left out and
// named in `problems`, and the API refuses settings that have any.
import { RE2JS } from "re2js";
import type { IdentitySettings, NamespaceRule, SignInStrategy } from "@tributary/schema/settings.ts";

/** The longest pattern that is compiled, in characters. */
export const PATTERN_LENGTH_MAX = 1000;
/** The most patterns per namespace. */
export const PATTERNS_MAX = 100;

/** Namespaces that name a device or a browser, not a person, unless the settings say otherwise. */
const deviceNamespaces: ReadonlySet<string> = new Set(["anonymous_id", "device_id", "advertising_id"]);

/** One place in an event where a value is found. */
export interface CompiledPath {
  readonly path: string;
  readonly steps: readonly string[];
}

export interface CompiledNamespace {
  readonly name: string;
  /** Position in the order in which namespaces decide; 0 is the strongest. */
  readonly rank: number;
  readonly normalise: NamespaceRule["normalise"];
  readonly limitPerProfile: number;
  readonly sharedAfter: number;
  readonly isLookupOnly: boolean;
  readonly isDevice: boolean;
  readonly blockedValues: ReadonlySet<string>;
  readonly blockedPatterns: readonly RE2JS[];
  readonly paths: readonly CompiledPath[];
  readonly pathsBySource: ReadonlyMap<number, readonly CompiledPath[]>;
}

export interface IdentityRules {
  /** In deciding order. */
  readonly namespaces: readonly CompiledNamespace[];
  readonly byName: ReadonlyMap<string, CompiledNamespace>;
  readonly signIn: SignInStrategy;
  /** What could not be used, for people; empty for good settings. */
  readonly problems: readonly string[];
}

/**
 * Deciding order: by priority, then as listed, with two exceptions. Namespaces that are only looked up come last, since
 * they must not choose a person where another identifier does. And where signing in keeps people and devices apart,
 * identifiers of people come before those of devices, since the event is the person's.
 */
export function compileIdentityRules(settings: IdentitySettings): IdentityRules {
  const problems: string[] = [];
  const keepsApart = settings.signIn !== "convert";
  const order = settings.namespaces.toSorted((a, b) =>
    Number(a.use === "lookup") - Number(b.use === "lookup") ||
    (keepsApart ? Number(isDevice(a)) - Number(isDevice(b)) : 0) ||
    a.priority - b.priority);
  const byName = new Map<string, CompiledNamespace>();
  for (const rule of order) {
    if (byName.has(rule.name)) problems.push(`The namespace ${rule.name} is defined twice; the stronger one is used.`);
    else byName.set(rule.name, compileNamespace(rule, byName.size, problems));
  }
  return { namespaces: [...byName.values()], byName, signIn: settings.signIn, problems };
}

function isDevice(rule: NamespaceRule): boolean {
  return rule.about === undefined ? deviceNamespaces.has(rule.name) : rule.about === "device";
}

function compileNamespace(rule: NamespaceRule, rank: number, problems: string[]): CompiledNamespace {
  return {
    name: rule.name,
    rank,
    normalise: rule.normalise,
    limitPerProfile: rule.limitPerProfile,
    sharedAfter: rule.sharedAfter,
    isLookupOnly: rule.use === "lookup",
    isDevice: isDevice(rule),
    blockedValues: new Set(rule.blockedValues.map((value) => value.trim().toLowerCase())),
    blockedPatterns: compilePatterns(rule, problems),
    paths: rule.paths.map(compilePath),
    pathsBySource: new Map(Object.entries(rule.pathsBySource).map(([source, paths]) => [Number(source), paths.map(compilePath)])),
  };
}

function compilePath(path: string): CompiledPath {
  return { path, steps: path.split(".") };
}

function compilePatterns(rule: NamespaceRule, problems: string[]): RE2JS[] {
  if (rule.blockedPatterns.length > PATTERNS_MAX) {
    problems.push(`${rule.name} has more than ${PATTERNS_MAX} patterns; the rest is not used.`);
  }
  const compiled: RE2JS[] = [];
  for (const pattern of rule.blockedPatterns.slice(0, PATTERNS_MAX)) {
    const re2 = compilePattern(pattern);
    const valid = `a valid RE2 pattern of at most ${PATTERN_LENGTH_MAX} characters`;
    if (re2) compiled.push(re2);
    else problems.push(`A blocked pattern of ${rule.name} is not ${valid}: ${pattern.slice(0, 100)}`);
  }
  return compiled;
}

function compilePattern(pattern: string): RE2JS | null {
  if (pattern.length > PATTERN_LENGTH_MAX) return null;
  try {
    return RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
  } catch {
    // Whatever the library says about it, the pattern is of no use; the caller names it among the problems.
    return null;
  }
}
