// People of audiences as rows of an answer: by what they are known.
import type { z } from "zod";
import type { member } from "@tributary/schema/api/audiences.ts";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import { fields, identifierMask, keep, listOf, valuesOf, type Mask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { readPeople } from "./profile-store.ts";

type Member = z.input<typeof member>;

/** Identifiers of one row. */
const IDENTIFIERS_MAX = 5;

export const nameMask: Mask = (value, masking) => (value === null ? null : Object.values(valuesOf("trait")({ name: value }, masking) as object)[0]);
/** Of `knownBy`. */
const knownByMask = { name: nameMask, identifiers: listOf(identifierMask()) };
export const memberMask = fields({ profile_id: keep, since: keep, ...knownByMask });
export const changeMask = fields({ profile_id: keep, at: keep, entered: keep, reason: keep, cause_row: keep, version: keep, ...knownByMask });

/** Those of them who are people now, in this order. */
export async function membersOf({ deps }: ApiServices, workspaceId: number, people: readonly { readonly id: string; readonly since: string | null }[]): Promise<Member[]> {
  if (people.length === 0) return [];
  const found = await deps.workspaceDb.run(workspaceId, (db) => readPeople(db, workspaceId, people.map(({ id }) => id)));
  const since = new Map(people.map((one) => [one.id, one.since]));
  return found.map(({ id, doc }) => ({ profile_id: id, since: since.get(id) ?? null, ...knownBy(doc) }));
}

/** The name and some identifiers of a person. */
export function knownBy(doc: ProfileDocument): Pick<Member, "name" | "identifiers"> {
  return { name: nameOf(doc), identifiers: doc.identifiers.slice(0, IDENTIFIERS_MAX).map(({ namespace, value }) => ({ namespace, value })) };
}

/** Of the traits that senders use for names. */
export function nameOf({ traits }: Pick<ProfileDocument, "traits">): string | null {
  const text = (...names: readonly string[]): string => names.map((name) => traits[name]?.value).find((value): value is string => typeof value === "string" && value.trim() !== "")?.trim() ?? "";
  const whole = text("name", "full_name", "fullName") || [text("first_name", "firstName", "firstname"), text("last_name", "lastName", "lastname")].filter((part) => part !== "").join(" ");
  return whole === "" ? null : whole;
}
