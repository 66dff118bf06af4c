// Audiences as a marketer meets them: "bought a red dress in the last 14 days" is built from nothing in a few steps, saved, and
// somebody comes in by what they do next. And the builder by keyboard alone.
import { setTimeout as sleep } from "node:timers/promises";
import type { Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import type { ServerProcess } from "./server-process.ts";

const MARKETER = "marketer@example.com";
const INTERACTIONS_MAX = 10;

function order(person: string, color: string, category: string, ageDays: number): object {
  const timestamp = new Date(Date.now() - ageDays * 86_400_000).toISOString();
  return { type: "track", event: "Order Completed", userId: person, timestamp, properties: { order_id: `o-${person}-${color}-${category}`, total: 40, products: [{ color, category, price: 40 }, { color: "green", category: "scarf", price: 5 }] } };
}

/** Red dresses bought lately by two; by others a red coat, a blue dress, a red scarf beside a blue dress, and a red dress long ago. */
function orders(): object[] {
  const people = ["ann", "ben", "cleo", "dan", "eve", "finn"].map((userId) => ({ type: "identify", userId, traits: { name: `Person ${userId}`, email: `${userId}@example.com` } }));
  return [
    ...people, order("ann", "red", "dress", 1), order("ben", "red", "dress", 5), order("cleo", "red", "coat", 2), order("dan", "blue", "dress", 2), order("finn", "red", "dress", 30),
    { ...order("eve", "red", "scarf", 1), properties: { order_id: "o-eve", products: [{ color: "red", category: "scarf" }, { color: "blue", category: "dress" }] } },
  ];
}

let password = "";

async function fill(server: ServerProcess): Promise<void> {
  await server.send("/v1/batch", { batch: orders() });
  await server.settled();
  ({ password } = await server.api<{ password: string }>("/members", { method: "POST", body: { email: MARKETER, name: "Mara Keting", role: "marketer" } }));
  const fields = ["products.color", "products.category"].map((path) => ({ place: "property", event: "Order Completed", path, personal: false }));
  // What arrives is listed a moment after it is stored.
  for (let tries = 0; (await server.api<{ data: unknown[] }>("/schema/fields?place=property&event=Order%20Completed")).data.length < 5 && tries < 100; tries++) await sleep(200);
  await server.api("/schema/fields", { method: "PUT", body: { fields } });
}

describe.skipIf(chromiumPath === undefined)("audiences", () => {
  const at = consoleTest({ fill });

  async function enter(path: string): Promise<void> {
    await at.page.goto(`${at.server.url}${path}`);
    await at.signIn(MARKETER, password);
    await at.page.getByRole("navigation", { name: "Main" }).waitFor();
    at.forgiveStatus(401);
  }

  const option = (name: RegExp): Locator => at.page.getByRole("option", { name });
  const size = (): Locator => at.page.getByRole("complementary", { name: "Who this is" }).getByRole("status");

  test("a marketer builds the red dress from nothing in a few steps, and a live event moves somebody in", async () => {
    await enter("/audiences");
    let interactions = 0;
    const click = async (place: Locator): Promise<void> => { interactions++; await place.click(); };
    await click(at.page.getByRole("link", { name: "Build an audience" }));
    await click(option(/^Order Completed/));
    await click(at.page.getByRole("button", { name: "where…" }));
    await click(option(/^color/));
    await click(option(/^red/));
    await click(option(/^category/));
    await click(option(/^dress/));
    interactions++;
    await at.page.getByRole("textbox", { name: "Name" }).fill("Bought a red dress");
    await expect.poll(() => size().innerText()).toMatch(/^2\s+of 6 people/);
    await click(at.page.getByRole("button", { name: "Save audience" }));
    expect(interactions).toBeLessThan(INTERACTIONS_MAX);
    await at.page.getByRole("heading", { name: "Bought a red dress" }).waitFor();
    await at.page.getByText("where one of the “products” has “color” is “red” and “category” is “dress” at least once in the last 14 days").waitFor();
    await at.page.getByText("Current", { exact: true }).waitFor();
    await at.page.getByText("2 people", { exact: true }).waitFor();
    await at.server.send("/v1/track", { event: "Order Completed", userId: "cleo", properties: { order_id: "o-new", products: [{ color: "red", category: "dress" }] } });
    await at.page.getByText("3 people", { exact: true }).waitFor({ timeout: 20_000 });
  });
});

