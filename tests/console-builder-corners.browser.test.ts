// What the builder says besides the plain conditions: steps by role, dates compared with now, two things of one list, groups about the
// people of an account.
import { setTimeout as sleep } from "node:timers/promises";
import type { Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import type { ServerProcess } from "./server-process.ts";

const DAY = 86_400_000;
const iso = (days: number): string => new Date(Date.now() + days * DAY).toISOString();
const order = (userId: string, id: string, colors: readonly string[], more: object = {}): object =>
  ({ type: "track", event: "Order Completed", userId, timestamp: iso(-1), properties: { order_id: id, total: 10, products: colors.map((color) => ({ color, price: 5 })), ...more } });
const trip = (userId: string, days: number): object => ({ type: "track", event: "Trip Booked", userId, timestamp: iso(-3), properties: { starts_at: iso(days) } });

async function fill(server: ServerProcess): Promise<void> {
  const people = ["ann", "ben", "cleo", "dan"];
  await server.send("/v1/batch", {
    batch: [
      ...people.map((userId) => ({ type: "identify", userId, traits: { name: `Person ${userId}`, role: userId === "ann" ? "owner" : "buyer" } })),
      ...["ann", "ben"].map((userId) => ({ type: "group", userId, groupId: "acme", traits: {} })), ...["cleo"].map((userId) => ({ type: "group", userId, groupId: "umbrella", traits: {} })),
      trip("ann", 3), trip("ben", 30), trip("cleo", -2),
      order("ann", "o1", ["red", "blue"]), order("ben", "o2", ["red"]), order("ben", "o3", ["blue"]), order("cleo", "o4", ["green"]), order("cleo", "o4", ["green"]),
    ],
  });
  await server.settled();
  const names = "place=property&event=Order%20Completed";
  // What arrives is listed a moment after it is stored.
  for (let tries = 0; (await server.api<{ data: unknown[] }>(`/schema/fields?${names}`)).data.length < 4 && tries < 100; tries++) await sleep(200);
  const fields = [["Order Completed", "products.color"], ["Trip Booked", "starts_at"]].map(([event, path]) => ({ place: "property", event, path, personal: false }));
  await server.api("/schema/fields", { method: "PUT", body: { fields } });
}

describe.skipIf(chromiumPath === undefined)("the builder", () => {
  const at = consoleTest({ fill });
  const option = (name: RegExp): Locator => at.page.getByRole("option", { name });
  const button = (name: string | RegExp): Locator => at.page.getByRole("button", { name, exact: true });
  const isMet = (count: number): Promise<void> => expect.poll(() => at.page.getByRole("complementary", { name: "Who this is" }).getByRole("status").innerText()).toMatch(new RegExp(`^${count}\\s`));
  const says = (what: string): Promise<void> => expect.poll(() => at.page.locator(".builder-sentence").innerText()).toContain(what);
  const begin = async (what: RegExp): Promise<void> => {
    await at.open("/audiences/new");
    await option(what).click();
  };

  test("compares dates that events tell with now", async () => {
    await begin(/^Trip Booked/);
    await button("where…").click();
    await option(/^starts_at/).click();
    await at.page.keyboard.press("Escape");
    await at.page.getByLabel("How starts_at compares").selectOption("in_next");
    await at.page.locator(".filter").getByLabel("How many").fill("7");
    await says("did “Trip Booked” where “starts_at” is in the next 7 days at least once");
    await isMet(1);
    await at.page.getByLabel("How starts_at compares").selectOption("in_last");
    await isMet(1);
    await at.page.locator(".filter").getByLabel("How many").fill("1");
    await says("is in the last day");
    await isMet(0);
  });

  test("asks for two things of one list, each by itself", async () => {
    await begin(/^Order Completed/);
    await button("where…").click();
    await option(/^color/).click();
    await option(/^red/).click();
    await at.page.keyboard.press("Escape");
    await isMet(2);
    await button("What to do with this filter").click();
    await at.page.getByRole("menuitem", { name: "And another of them that…" }).click();
    await at.page.locator(".filter").nth(1).getByRole("button", { name: "Value of color" }).click();
    await option(/^blue/).click();
    await says("where one of the “products” has “color” is “red” and one of the “products” has “color” is “blue”");
    await isMet(1);
  });

  test("goes by the vocabulary's words in a sequence, where an order that is told twice is one", async () => {
    await begin(/^Did things in an order/);
    for (let steps = 0; steps < 2; steps++) {
      await at.page.getByRole("button", { name: /^Event: choose/ }).first().click();
      await at.page.getByRole("combobox").last().fill("order");
      await option(/^Order(?! Completed)/).click();
    }
    await says("did “Order”, then “Order”");
    await isMet(1);
    // Both came after the trip was booked; after the last order there is none.
    await button("Over which time: ever").click();
    const window = at.page.getByRole("dialog", { name: "Over which time" });
    await window.getByText("Since", { exact: true }).click();
    await window.getByRole("button", { name: /^Event or trait/ }).click();
    await option(/^Trip Booked/).click();
    await says("did “Order”, then “Order”, since their last “Trip Booked”");
    await isMet(1);
    // The next choice is a click away, whether with the pointer or with the keys.
    await window.getByRole("button", { name: /^Event or trait: Trip Booked/ }).click();
    await option(/^Order Completed/).click();
    await says("since their last “Order Completed”");
    await isMet(0);
    const focused = (): Promise<string> => at.page.evaluate("document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''");
    await expect.poll(focused).toBe("Event or trait: Order Completed");
    const { keyboard } = at.page;
    await keyboard.press("Enter");
    await expect.poll(focused).toBe("Find an event, a trait, an audience…");
    await keyboard.type("trip");
    await option(/^Trip Booked/).waitFor();
    await keyboard.press("Enter");
    await says("since their last “Trip Booked”");
    await expect.poll(focused).toBe("Event or trait: Trip Booked");
    // Escape closes the list, and then the window.
    await keyboard.press("Enter");
    await expect.poll(focused).toBe("Find an event, a trait, an audience…");
    await keyboard.press("Escape");
    await expect.poll(focused).toBe("Event or trait: Trip Booked");
    expect([await window.isVisible(), await option(/^Trip Booked/).count()]).toEqual([true, 0]);
    await keyboard.press("Escape");
    await window.waitFor({ state: "detached" });
    await expect.poll(focused).toBe("Over which time: since their last “Trip Booked”");
    await says("since their last “Trip Booked”");
  });

  test("asks a group of conditions of the people of an account", async () => {
    await begin(/^People of the same account/);
    await says("of the people of their accounts, at least one");
    const inside = at.page.locator(".tree-nested");
    await inside.getByRole("button", { name: "Add to this group" }).click();
    await option(/^role/).click();
    await inside.getByRole("button", { name: /^Value of role/ }).click();
    await at.page.getByRole("combobox").last().fill("owner");
    await option(/owner/).first().click();
    await isMet(2);
    await inside.getByRole("button", { name: "Add to this group" }).click();
    await option(/^Trip Booked/).click();
    await says("of the people of their accounts, at least one: (“role” is “owner” and did “Trip Booked” at least once in the last 14 days)");
    await isMet(2);
    await at.page.getByLabel("Of the people of their account").selectOption("none");
    await isMet(1);
    await at.page.getByRole("button", { name: "Undo" }).click();
    await isMet(2);
  });
});
