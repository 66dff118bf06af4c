// Who came into an audience and who left it, as the items of a batch tell it.
import type { AudienceAtVendor, Outcome, SendItem, SendRequest } from "../destination.ts";

/** Undefined: the item says nothing of it. */
export function isMember({ event, row }: SendItem, { audience, subscription: { syncMode } }: Pick<SendRequest, "audience" | "subscription">): boolean | undefined {
  const said = audience === undefined ? undefined : [event.properties, event.traits].map((of) => (of !== undefined && Object.hasOwn(of, audience.key) ? of[audience.key] : undefined)).find((value) => typeof value === "boolean");
  if (said !== undefined) return said;
  if (event.event === "Audience Entered") return true;
  if (event.event === "Audience Exited") return false;
  if (row !== undefined) return !row.isRemoved;
  return syncMode === "delete" ? false : syncMode === "add" || syncMode === "upsert" ? true : undefined;
}

export const unknownMembership: Outcome = { kind: "refused", code: "membership", detail: "The event does not say whether the person is in the audience." };
export const noList: Outcome = { kind: "refused", code: "no_list", detail: "The audience has no list at the vendor." };

/** The vendor's id of the list: made by us, or chosen by a person. */
export function listOf(audience: AudienceAtVendor | undefined, setting: string): string | undefined {
  const id = audience?.externalId ?? audience?.settings[setting];
  return typeof id === "string" && /^[\w:-]{1,100}$/.test(id) ? id : typeof id === "number" ? String(id) : undefined;
}

/**
 * For vendors that take additions and removals by different requests: of each person only the last word is sent, so that the order of the
 * two requests changes nothing, and everything that was said of the person before has its outcome.
 */
export async function byMembership(items: readonly SendItem[], request: SendRequest, send: (items: readonly SendItem[], isMember: boolean) => Promise<readonly Outcome[]>): Promise<Outcome[]> {
  const last = new Map<string, { readonly item: SendItem; readonly isMember: boolean }>();
  for (const item of items) {
    const member = isMember(item, request);
    if (member !== undefined) last.set(personOf(item), { item, isMember: member });
  }
  const outcomes = new Map<string, Outcome>();
  for (const member of [true, false]) {
    const some = [...last.values()].filter((one) => one.isMember === member).map((one) => one.item);
    if (some.length === 0) continue;
    const sent = await send(some, member);
    some.forEach((item, index) => void outcomes.set(personOf(item), sent[index] ?? unknownMembership));
  }
  return items.map((item) => (isMember(item, request) === undefined ? unknownMembership : outcomes.get(personOf(item)) ?? unknownMembership));
}

const personOf = ({ event, payload }: SendItem): string => JSON.stringify(event.userId ?? event.anonymousId ?? payload);
