// A person in words, from the evidence alone. Pure.
import type { ProfileSummary } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";

type Named = Pick<ProfileSummary, "traits" | "identifiers" | "is_anonymous">;

/** What somebody is called and how they are reached: these traits stand first. */
export const reachTraits: readonly string[] = ["name", "firstName", "first_name", "lastName", "last_name", "email", "phone"];

const NAME_MAX = 200;
const t = texts.profiles;

/** The best name there is: what they call themselves, then what reaches them, then what a system calls them. */
export function nameOf(person: Named): string {
  const trait = (name: string): string => {
    const value = Object.hasOwn(person.traits, name) ? person.traits[name] : undefined;
    return typeof value === "string" ? value.trim() : "";
  };
  const parts = [trait("firstName") || trait("first_name"), trait("lastName") || trait("last_name")].filter((part) => part !== "").join(" ");
  const best = [trait("name"), parts, trait("email"), trait("username")].find((name) => name !== "") ?? person.identifiers.find(({ namespace }) => !isDevice(namespace))?.value;
  return (best ?? t.unnamed).slice(0, NAME_MAX);
}

/** What this person is known by, the most telling first. */
export function identifiersByWeight<T extends { readonly namespace: string }>(identifiers: readonly T[]): T[] {
  const weight = (one: T): number => (one.namespace === "email" ? 0 : one.namespace === "user_id" ? 1 : isDevice(one.namespace) ? 3 : 2);
  return identifiers.toSorted((a, b) => weight(a) - weight(b));
}

/** Why these identifiers are one person: by which kinds. */
export function joinWords(identifiers: readonly { readonly namespace: string }[]): string {
  const kinds = new Map<string, number>();
  for (const { namespace } of identifiersByWeight(identifiers)) kinds.set(namespace, (kinds.get(namespace) ?? 0) + 1);
  const words = [...kinds].map(([kind, times]) => kindWords(kind, times));
  if (identifiers.length === 0) return "";
  if (identifiers.length === 1) return t.words.onlyOne(words[0] ?? "");
  return t.words.joined(words.length === 1 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")}${t.words.and}${words.at(-1) ?? ""}`);
}

/** What ties the devices to one person, where something does: a sign-in on each, or an address given there. */
export function evidenceWords(identifiers: readonly { readonly namespace: string }[]): string {
  // One device has an id of each kind, so kinds are not added up.
  const byKind = Map.groupBy(identifiers.filter(({ namespace }) => isDevice(namespace)), ({ namespace }) => namespace);
  const devices = Math.max(0, ...[...byKind.values()].map((ids) => ids.length));
  if (devices === 0) return "";
  if (identifiers.some(({ namespace }) => namespace === "user_id")) return t.words.signedIn(devices);
  return identifiers.some(({ namespace }) => namespace === "email") ? t.words.addressOn(devices) : "";
}

function kindWords(kind: string, times: number): string {
  const [one, many] = (Object.hasOwn(t.words.kinds, kind) ? t.words.kinds[kind] : undefined) ?? [kind, kind];
  return t.words.some(times, one, many);
}

function isDevice(namespace: string): boolean {
  return namespace === "anonymous_id" || namespace === "device_id" || namespace === "advertising_id";
}
