// What a person is called and known by. Pure.
import type { ProfileSummary } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";

type Named = Pick<ProfileSummary, "traits" | "identifiers" | "is_anonymous">;

/** What somebody is called and how they are reached: these traits stand first. */
export const reachTraits: readonly string[] = ["name", "firstName", "first_name", "lastName", "last_name", "email", "phone"];

const NAME_MAX = 200;

/** The best name there is: what they call themselves, then what reaches them, then what a system calls them. */
export function nameOf(person: Named): string {
  const trait = (name: string): string => {
    const value = Object.hasOwn(person.traits, name) ? person.traits[name] : undefined;
    return typeof value === "string" ? value.trim() : "";
  };
  const parts = [trait("firstName") || trait("first_name"), trait("lastName") || trait("last_name")].filter((part) => part !== "").join(" ");
  const best = [trait("name"), parts, trait("email"), trait("username")].find((name) => name !== "") ?? person.identifiers.find(({ namespace }) => !isDevice(namespace))?.value;
  return (best ?? texts.everywhere.unnamed).slice(0, NAME_MAX);
}

/** What this person is known by, the most telling first. */
export function identifiersByWeight<T extends { readonly namespace: string }>(identifiers: readonly T[]): T[] {
  const weight = (one: T): number => (one.namespace === "email" ? 0 : one.namespace === "user_id" ? 1 : isDevice(one.namespace) ? 3 : 2);
  return identifiers.toSorted((a, b) => weight(a) - weight(b));
}

/** Whether it names a device or a browser rather than somebody. */
export function isDevice(namespace: string): boolean {
  return namespace === "anonymous_id" || namespace === "device_id" || namespace === "advertising_id";
}
