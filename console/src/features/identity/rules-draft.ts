// Changing rules before they are saved: moving, adding, removing; and what is changed, in words. Pure.
import type { IdentitySettings, NamespaceRule } from "@tributary/schema/settings.ts";
import { texts } from "../../texts/texts.ts";

const t = texts.identityRules;

/** In deciding order: by priority, then as listed. */
export function inOrder({ namespaces }: IdentitySettings): readonly NamespaceRule[] {
  return namespaces.toSorted((a, b) => a.priority - b.priority);
}

/** The same rules listed in their order, counted from 1, so that a place in the list is the priority. */
export function ordered(identity: IdentitySettings): IdentitySettings {
  return { ...identity, namespaces: numbered(inOrder(identity)) };
}

function numbered(rules: readonly NamespaceRule[]): NamespaceRule[] {
  return rules.map((rule, index) => ({ ...rule, priority: index + 1 }));
}

export function moved(identity: IdentitySettings, name: string, to: number): IdentitySettings {
  const rules = inOrder(identity);
  const rule = rules.find((one) => one.name === name);
  if (rule === undefined) return identity;
  const rest = rules.filter((one) => one !== rule);
  return { ...identity, namespaces: numbered(rest.toSpliced(Math.max(0, Math.min(rest.length, to)), 0, rule)) };
}

export function changed(identity: IdentitySettings, name: string, change: Partial<NamespaceRule>): IdentitySettings {
  return { ...identity, namespaces: identity.namespaces.map((rule) => (rule.name === name ? { ...rule, ...change } : rule)) };
}

export function removed(identity: IdentitySettings, name: string): IdentitySettings {
  return { ...identity, namespaces: numbered(inOrder(identity).filter((rule) => rule.name !== name)) };
}

export function added(identity: IdentitySettings, name: string): IdentitySettings {
  const fresh: NamespaceRule = {
    name, priority: 1, normalise: "text", limitPerProfile: 5, sharedAfter: 5, use: "merge", about: "person", blockedValues: [], blockedPatterns: [], paths: [], pathsBySource: {},
  };
  return { ...identity, namespaces: numbered([...inOrder(identity), fresh]) };
}

export const namePattern = /^[a-z][a-z0-9_]{0,62}$/;

/** As compiled when nothing is said: these kinds name devices. */
export function aboutOf(rule: NamespaceRule): "person" | "device" {
  return rule.about ?? (["anonymous_id", "device_id", "advertising_id"].includes(rule.name) ? "device" : "person");
}

/** What is different, a line each; empty when the drafts mean the same. */
export function changesOf(from: IdentitySettings, to: IdentitySettings): readonly string[] {
  const [before, after] = [ordered(from), ordered(to)];
  const old = new Map(before.namespaces.map((rule) => [rule.name, rule]));
  const names = new Set(after.namespaces.map(({ name }) => name));
  const staying = (rules: readonly NamespaceRule[]): string => rules.map(({ name }) => name).filter((name) => old.has(name) && names.has(name)).join();
  return [
    ...(from.signIn === to.signIn ? [] : [t.changes.signIn(t.signIn.names[from.signIn], t.signIn.names[to.signIn])]),
    ...(staying(before.namespaces) === staying(after.namespaces) ? [] : [t.changes.order]),
    ...after.namespaces.filter(({ name }) => !old.has(name)).map(({ name }) => t.changes.added(name)),
    ...before.namespaces.filter(({ name }) => !names.has(name)).map(({ name }) => t.changes.removed(name)),
    ...after.namespaces.flatMap((rule) => {
      const was = old.get(rule.name);
      return was ? fieldChanges(was, rule) : [];
    }),
  ];
}

export function isChanged(was: NamespaceRule, is: NamespaceRule): boolean {
  return fieldChanges(was, is).length > 0;
}

function fieldChanges(was: NamespaceRule, is: NamespaceRule): string[] {
  const { fields } = t;
  const plain: readonly (readonly [string, string, string])[] = [
    [fields.limit, String(was.limitPerProfile), String(is.limitPerProfile)],
    [fields.shared, String(was.sharedAfter), String(is.sharedAfter)],
    [fields.use, fields.uses[was.use], fields.uses[is.use]],
    [fields.about, fields.abouts[aboutOf(was)], fields.abouts[aboutOf(is)]],
    [fields.normalise, fields.normalisations[was.normalise], fields.normalisations[is.normalise]],
  ];
  const lists: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    [fields.blockedValues, was.blockedValues, is.blockedValues],
    [fields.blockedPatterns, was.blockedPatterns, is.blockedPatterns],
    [fields.paths, was.paths, is.paths],
    [fields.bySource, perSource(was), perSource(is)],
  ];
  return [
    ...plain.filter(([, from, to]) => from !== to).map(([field, from, to]) => t.changes.field(is.name, field, from, to)),
    ...lists.flatMap(([field, from, to]) => {
      const [plus, minus] = [to.filter((one) => !from.includes(one)).length, from.filter((one) => !to.includes(one)).length];
      return plus + minus > 0 ? [t.changes.list(is.name, field, plus, minus)] : [];
    }),
  ];
}

function perSource({ pathsBySource }: NamespaceRule): string[] {
  return Object.entries(pathsBySource).flatMap(([source, paths]) => (paths.length === 0 ? [`${source}:`] : paths.map((path) => `${source}:${path}`)));
}
