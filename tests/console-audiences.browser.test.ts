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

  test("a size that takes its time says how far it has come, and then what it is", async () => {
    await enter("/audiences/new");
    let go: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    await at.page.route("**/audiences/preview", async (route) => {
      const answer = await route.fetch();
      await held;
      await route.fulfill({ response: answer });
    });
    await option(/^Order Completed/).click();
    const panel = at.page.getByRole("complementary", { name: "Who this is" });
    await panel.getByText(/^(\d+) of \1 questions answered, over 6 people$/).waitFor();
    go?.();
    await expect.poll(() => size().innerText()).toMatch(/of 6 people/);
    await panel.getByText(/questions answered/).waitFor({ state: "detached" });
  });

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
    await at.page.getByText("3 people", { exact: true }).waitFor({ timeout: 60_000 });
    // Why that is: the latest change, its conditions, and the event behind it.
    await at.page.getByRole("tab", { name: "Changes" }).click();
    const latest = at.page.getByRole("row").nth(1);
    await latest.getByText("something they did").waitFor();
    await latest.getByRole("link", { name: "Why?" }).click();
    await at.page.getByText("Is in this audience").waitFor();
    await at.page.getByRole("button", { name: "Order Completed" }).first().click();
    await at.page.getByRole("complementary", { name: "Order Completed" }).getByText("The path it took").waitFor();
  });

  test("the builder is used by keyboard alone: conditions are added, moved, grouped, taken back and removed", async () => {
    await enter("/audiences/new");
    const { keyboard } = at.page;
    const sentence = (): Promise<string> => at.page.locator(".builder-sentence").innerText();
    const says = (what: RegExp): Promise<void> => expect.poll(sentence).toMatch(what);
    const focused = (): Promise<string> => at.page.evaluate("document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''");
    const goTo = async (name: string): Promise<void> => {
      for (let steps = 0; !(await focused()).startsWith(name); steps++) {
        expect(steps, `Tab never comes to ${name}`).toBeLessThan(40);
        await keyboard.press("Tab");
      }
    };
    await expect.poll(focused).toBe("Find an event, a trait, an audience…");
    await option(/^Order Completed/).waitFor();
    await keyboard.type("order com");
    await keyboard.press("Enter");
    await says(/did “Order Completed” at least once/);
    await expect.poll(focused).toMatch(/^Condition 1 of 1/);
    await goTo("Add a condition");
    await keyboard.press("Enter");
    await expect.poll(focused).toBe("Find an event, a trait, an audience…");
    await keyboard.type("known by");
    await keyboard.press("Enter");
    await says(/“Order Completed” at least once in the last 14 days and has “email”/);
    await expect.poll(focused).toMatch(/^Condition 2 of 2/);
    await keyboard.press("Alt+ArrowUp");
    await says(/has “email” and did “Order Completed”/);
    await keyboard.press("Control+d");
    await says(/has “email” and has “email” and did/);
    await keyboard.press("Alt+ArrowRight");
    await says(/\(has “email” or has “email”\) and did/);
    await keyboard.press("Control+z");
    await keyboard.press("Control+z");
    await says(/: has “email” and did “Order Completed”/);
    await keyboard.press("Control+Shift+z");
    await says(/has “email” and has “email” and did/);
    await at.page.getByRole("button", { name: /^Condition 2 of 3/ }).focus();
    await keyboard.press("Delete");
    await says(/: has “email” and did “Order Completed”/);
    await expect.poll(focused).toMatch(/^Condition 1 of 2/);
    await keyboard.press("Delete");
    await says(/: did “Order Completed”/);
    await goTo("Over which time");
    await keyboard.press("Enter");
    await expect.poll(() => at.page.evaluate("document.activeElement?.tagName")).toBe("INPUT");
    await keyboard.type("this month");
    await keyboard.press("Enter");
    await says(/at least once this month/);
    await goTo("Add a condition");
    await at.page.keyboard.press("Control+z");
    await says(/at least once in the last 14 days/);
    expect(at.complaints).toEqual([]);
  });

  test("a list opens to who is on it: people are put on it, told back when they are nobody, and taken off with a way back", async () => {
    await at.open("/audiences?show=lists");
    await at.page.getByRole("button", { name: "New list" }).first().click();
    await at.page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("Trade fair");
    await at.page.getByRole("dialog").getByRole("button", { name: "New list" }).click();
    const panel = at.page.getByRole("complementary", { name: "Trade fair" });
    await panel.getByText("Nobody is on it yet.").waitFor();
    await panel.getByRole("button", { name: "Add people" }).click();
    const dialog = at.page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "One a line" }).fill("ann@example.com\nben@example.com\nstranger@example.com");
    await dialog.getByRole("button", { name: "Add people" }).click();
    await dialog.getByText("These name nobody: stranger@example.com").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await panel.getByText("2 people on it").waitFor();
    await panel.getByRole("button", { name: "Take Person ann off the list" }).click();
    await panel.getByText("1 person on it").waitFor();
    await at.page.getByRole("button", { name: "Undo" }).click();
    await panel.getByRole("link", { name: "Person ann" }).waitFor();
    await at.page.reload();
    await panel.getByText("2 people on it").waitFor();
  });

  test("the four forms say the same: YAML that is typed becomes the sentence, and what is wrong is told at its line", async () => {
    await enter("/audiences/new?view=yaml");
    const yaml = at.page.getByRole("textbox", { name: "The definition as YAML" });
    // Parts of names are nothing that a marketer may ask for: whether there is one is.
    await yaml.fill("who:\n  all:\n    - kind: trait\n      trait: name\n      op: is_set\n");
    await expect.poll(() => size().innerText()).toMatch(/^6\s+of 6 people/);
    await at.page.getByText("Sentence", { exact: true }).click();
    await at.page.getByRole("combobox", { name: "How name compares" }).selectOption("is_not_set");
    await expect.poll(() => size().innerText()).toMatch(/^0\s+of 6 people/);
    await at.page.getByRole("main").getByText("SQL", { exact: true }).click();
    await at.page.getByLabel("The query").getByText("empty(").first().waitFor();
    await at.page.getByText("YAML", { exact: true }).click();
    await expect.poll(() => yaml.inputValue()).toContain("op: is_not_set");
    await yaml.fill((await yaml.inputValue()).replace("is_not_set", "is_no_set"));
    await at.page.getByText(/^Line \d+:/).first().waitFor();
    await yaml.fill("who: [");
    await at.page.getByText("Line 1:").waitFor();
  });
});

