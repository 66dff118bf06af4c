// Audiences of the demo shop for pictures: one that was changed once and asks for an item, a sequence and a group that must not hold,
// and ready ones beside it, so that they overlap.
import { setTimeout as sleep } from "node:timers/promises";
import type { AudienceDetail, AudienceList, AudienceMembers, AudienceTemplates } from "@tributary/schema/api/audiences.ts";

/** Calls the API of the demo shop's workspace; the caller names the documented shape. */
export type CallShop = <T>(method: string, path: string, body?: object) => Promise<T>;

export interface ShopAudiences {
  readonly slug: string;
  /** Compared with it. */
  readonly others: readonly string[];
  /** Somebody who is in it. */
  readonly person: string;
}

const ready = ["vip", "click_and_collect", "first_time_buyers", "at_risk"];

const boughtRedDress = (days: number): object => ({
  kind: "event", event: "Order Completed", measure: { of: "count" }, op: "at_least", value: 1, within: { last: days, unit: "day" },
  where: [{ item: "products", where: [{ property: "color", op: "one_of", values: ["red", "rust", "plum"] }, { property: "category", op: "equals", value: "dress" }] }],
});
const lookedThenOrdered = { kind: "sequence", steps: [{ event: "Product Viewed" }, { event: "Order Completed", gap: { last: 7, unit: "day" } }], within: { last: 90, unit: "day" } };
const refundedLately = { kind: "event", event: "Order Refunded", measure: { of: "count" }, op: "at_least", value: 1, within: { last: 30, unit: "day" } };

export async function makeAudiences(call: CallShop): Promise<ShopAudiences> {
  const { data: templates } = await untilReady(() => call<AudienceTemplates>("GET", "/audiences/templates"), ({ data }) => data.every(({ id, definition }) => !ready.includes(id) || definition !== null));
  const others: string[] = [];
  for (const id of ready) {
    const template = templates.find((one) => one.id === id);
    if (template?.definition) others.push((await call<AudienceDetail>("POST", "/audiences", { name: template.name.en, folder: "Shop", definition: template.definition })).slug);
  }
  const { slug, version } = await call<AudienceDetail>("POST", "/audiences", { name: "Bought a red dress", folder: "Campaigns/Autumn", definition: { who: { all: [boughtRedDress(14)] } } });
  await filled(call);
  const who = { all: [boughtRedDress(90), lookedThenOrdered, { not: { any: [{ kind: "audience", audience: others[3] }, refundedLately] } }] };
  await call("PATCH", `/audiences/${slug}`, { definition: { who }, version });
  await filled(call);
  const { data: members } = await call<AudienceMembers>("GET", `/audiences/${slug}/members?limit=50`);
  const person = members.find(({ name }) => name !== null && /^[\p{Script=Latin} ’'-]+$/u.test(name)) ?? members[0]; // Other scripts need fonts that a machine may not have.
  if (person === undefined) throw new Error("Nobody bought a red dress.");
  return { slug, others, person: person.profile_id };
}

async function filled(call: CallShop): Promise<void> {
  await untilReady(() => call<AudienceList>("GET", "/audiences"), ({ data }) => data.every(({ status }) => status === "active"));
}

/** What events mean is known some seconds after they came, and an audience is counted in its own time. */
async function untilReady<T>(ask: () => Promise<T>, isReady: (answer: T) => boolean): Promise<T> {
  for (let i = 0; i < 240; i++) {
    const answer = await ask();
    if (isReady(answer)) return answer;
    await sleep(500);
  }
  throw new Error("It was not ready within two minutes.");
}
