// What an account tells of the person who makes it.
import type { EpisodeWriter } from "./episode.ts";
import type { Person } from "./people.ts";
import { firm, isWomansName } from "./words.ts";

export function identifyTraits({ person }: EpisodeWriter): Record<string, unknown> {
  return {
    email: person.email, firstName: person.firstName, lastName: person.lastName, name: `${person.firstName} ${person.lastName}`,
    ...(person.phone === "" ? {} : { phone: person.phone }), ...genderTold(person), birthday: person.birthday,
    address: { city: person.city, postalCode: person.postcode, country: "GB" }, newsletter: person.takesMailings,
  };
}

/** Two of three say it; of the stories' people, all do. */
function genderTold({ index, role, firstName }: Person): { readonly gender?: string } {
  return role !== undefined || index % 3 > 0 ? { gender: isWomansName(firstName) ? "female" : "male" } : {};
}

/** The group call of somebody who buys for a business. */
export function joinAccount(person: Person): { readonly groupId: string; readonly traits: Record<string, unknown> } | undefined {
  if (person.account === undefined) return undefined;
  const { name, industry, employees, domain } = firm(person.account);
  return { groupId: `account-${person.account}`,
    traits: { name, industry, employees, website: `https://${domain}`, plan: employees > 150 ? "trade plus" : "trade" } };
}
