// The forms of computed traits through the real server: which events count, and the stages of a lifecycle, by pointer and keyboard.
import { setTimeout as sleep } from "node:timers/promises";
import type { ObservedEventList } from "@tributary/schema/api/observed.ts";
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { shopEvents } from "./screenshots/shop-events.ts";

interface Kept {
  readonly definition: { readonly value: Readonly<Record<string, unknown>> };
}

describe.skipIf(chromiumPath === undefined)("forms of computed traits", () => {
  const at = consoleTest({
    fill: async (server) => {
      await server.send("/v1/batch", { batch: shopEvents(Date.now()) });
      // Properties to choose from are those that have been looked at.
      while ((await server.api<ObservedEventList>("/schema/events")).data.every(({ event }) => event !== "Product Viewed")) await sleep(100);
    },
  });
  const main = () => at.page.getByRole("main");
  const kept = async (slug: string): Promise<unknown> => (await at.server.api<Kept>(`/computed-traits/${slug}`)).definition.value;
  const stage = (name: string) => at.page.getByRole("listitem", { name });
  const names = async () => Promise.all((await at.page.getByRole("textbox", { name: /^Name of stage/ }).all()).map((input) => input.inputValue()));

  test("say which events count, by the filters of the audience builder", async () => {
    await at.open("/computed-traits/new");
    await at.page.getByRole("textbox", { name: "Name", exact: true }).fill("Rugs seen");
    await at.page.getByRole("group", { name: "Event", exact: true }).getByRole("button", { name: /^Event: / }).click();
    await at.page.getByRole("option", { name: /^Product Viewed/ }).click();
    const where = at.page.getByRole("group", { name: "Which of these events" });
    await where.getByRole("button", { name: "where…" }).click();
    await at.page.getByRole("option", { name: /^product/ }).click();
    await at.page.getByRole("option", { name: /^Wool rug/ }).click();
    await at.page.keyboard.press("Escape");
    await at.page.getByText("“product” is “Wool rug”", { exact: false }).first().waitFor();
    await at.page.getByRole("region", { name: "How the values lie" }).getByText(/of \d+ people/).waitFor();
    await at.page.getByRole("button", { name: "Make it" }).click();
    await at.page.getByText("rugs_seen").waitFor();
    expect(await kept("rugs_seen")).toMatchObject({ event: "Product Viewed", where: [{ property: "product", op: "equals", value: "Wool rug" }] });

    await where.getByRole("button", { name: "What to do with this filter" }).click();
    await at.page.getByRole("menuitem", { name: "Remove" }).click();
    await at.page.getByRole("button", { name: "Save" }).click();
    await at.page.getByText("Saved.").waitFor();
    expect(await kept("rugs_seen")).not.toHaveProperty("where");
  });

  test("count the things of a list, over any time, once for each id; and points go by a property", async () => {
    const group = (name: string) => at.page.getByRole("group", { name, exact: true });
    await at.open("/computed-traits/new");
    await at.page.getByRole("textbox", { name: "Name", exact: true }).fill("Things bought");
    await group("Event").getByRole("button", { name: /^Event: / }).click();
    await at.page.getByRole("option", { name: /^Order Completed/ }).click();
    await at.page.getByRole("combobox", { name: "What of it" }).selectOption({ label: "How many products" });
    await group("Over which time").getByRole("button").click();
    await at.page.getByRole("textbox", { name: "Say it" }).fill("this year");
    await at.page.keyboard.press("Enter");
    await group("Count once for each").getByRole("button").click();
    await at.page.getByRole("option", { name: /^order_id/ }).click();
    await at.page.getByText("the number of “products” in “Order Completed” this year", { exact: false }).first().waitFor();
    await at.page.getByRole("button", { name: "Make it" }).click();
    await at.page.getByText("things_bought").waitFor();
    expect(await kept("things_bought")).toEqual({
      kind: "measure", event: "Order Completed", measure: { of: "count", item: "products" }, within: { period: "this", count: 1, unit: "year", zone: "workspace" }, once_per: "order_id",
    });
    // Different values count once by themselves; each order, when nothing is said.
    await at.page.getByRole("button", { name: "Count each" }).click();
    await at.page.getByRole("combobox", { name: "What of it" }).selectOption("distinct");
    expect(await group("Count once for each").count()).toBe(0);
    await at.page.getByRole("combobox", { name: "What of it" }).selectOption("count");
    await at.page.getByRole("button", { name: "Save" }).click();
    await at.page.getByText("Saved.").waitFor();
    expect(await kept("things_bought")).not.toHaveProperty("once_per");

    await at.open("/computed-traits/new");
    await at.page.getByRole("radio", { name: /^Score that halves/ }).click();
    await at.page.getByRole("textbox", { name: "Name", exact: true }).fill("Warmth");
    await group("Event").getByRole("button", { name: /^Event: / }).click();
    await at.page.getByRole("option", { name: /^Order Completed/ }).click();
    await at.page.getByRole("combobox", { name: "Points", exact: true }).selectOption("property");
    await group("Property").getByRole("button").click();
    await at.page.getByRole("option", { name: /^total/ }).click();
    await at.page.getByRole("button", { name: "Make it" }).click();
    await at.page.getByText("warmth", { exact: true }).waitFor();
    expect(await kept("warmth")).toMatchObject({ kind: "decay", event: "Order Completed", weight: { property: "total" } });
  });

  test("make, name, move and remove stages, their conditions as rows of the audience builder", async () => {
    await at.open("/computed-traits/new");
    await at.page.getByRole("radio", { name: /^Stages/ }).click();
    await at.page.getByRole("textbox", { name: "Name", exact: true }).fill("Lifecycle");
    await at.page.getByRole("button", { name: "Add a stage" }).click();
    await at.page.keyboard.type("keen");
    const keen = stage("Stage 3: keen");
    await keen.getByText("Without a condition everybody would be in this stage", { exact: false }).waitFor();
    expect(await at.page.getByRole("button", { name: "Make it" }).isDisabled()).toBe(true);
    await keen.getByRole("button", { name: "Add a condition" }).click();
    await at.page.keyboard.type("Product Viewed");
    await at.page.getByRole("option", { name: /^Product Viewed/ }).waitFor();
    await at.page.keyboard.press("Enter");
    await keen.getByRole("button", { name: "Product Viewed" }).waitFor();

    // By keyboard to the top, the focus going with it; and one back down by its button.
    await at.page.getByRole("textbox", { name: "Name of stage 3" }).focus();
    await at.page.keyboard.press("Alt+ArrowUp");
    await at.page.keyboard.press("Alt+ArrowUp");
    await at.page.keyboard.type("!");
    expect(await names()).toEqual(["keen!", "active", "lapsed"]);
    await at.page.getByRole("status").getByText("Now stage 1 of 3.").waitFor();
    await at.page.getByRole("button", { name: "Move stage 1 down" }).press("Enter");
    expect(await names()).toEqual(["active", "keen!", "lapsed"]);
    await at.page.getByRole("button", { name: "Remove stage 1" }).click();
    expect(await names()).toEqual(["keen!", "lapsed"]);

    // What is wrong stands at its stage.
    await at.page.getByRole("textbox", { name: "Name of stage 2" }).fill("");
    await stage("Stage 2").getByText("too small", { exact: false }).waitFor();
    await at.page.getByRole("textbox", { name: "Name of stage 2" }).fill("gone");
    await at.page.getByRole("textbox", { name: "Everybody else" }).fill("stranger");
    await at.page.getByRole("region", { name: "How the values lie" }).getByText("stranger").first().waitFor();
    await at.page.getByRole("button", { name: "Make it" }).click();
    await at.page.getByText("lifecycle", { exact: true }).waitFor();
    expect(await kept("lifecycle")).toMatchObject({
      kind: "stages", otherwise: "stranger",
      stages: [{ name: "keen!", when: { kind: "event", event: "Product Viewed" } }, { name: "gone", when: { kind: "event", event: { role: "order" }, op: "at_least", value: 1 } }],
    });
  });

  test("show what was kept, follow the JSON, and change nothing for who may only look", async () => {
    await at.open("/computed-traits/lifecycle");
    await stage("Stage 1: keen!").getByRole("button", { name: "Product Viewed" }).waitFor();
    expect(await at.page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
    await at.page.getByText("As JSON").click();
    const json = at.page.getByRole("textbox", { name: "As JSON" });
    const value = (await kept("lifecycle")) as { readonly stages: readonly object[] };
    await json.fill(JSON.stringify({ ...value, stages: value.stages.toReversed() }));
    expect(await names()).toEqual(["gone", "keen!"]);
    await json.fill(JSON.stringify({ ...value, stages: [{ name: "odd", when: { kind: "event", event: "A", measure: 5, where: "x" } }] }));
    await at.page.getByText("These conditions can't be shown here", { exact: false }).waitFor();
    // The browser was told of the form that could not be drawn.
    at.complaints.length = 0;
    await json.fill(JSON.stringify(value));
    await stage("Stage 1: keen!").getByRole("button", { name: "Product Viewed" }).waitFor();

    await at.page.getByRole("button", { name: "Archive" }).click();
    await at.page.getByRole("button", { name: "Restore" }).waitFor();
    await stage("Stage 1: keen!").getByRole("button", { name: "Product Viewed" }).waitFor();
    expect(await stage("Stage 1: keen!").getByRole("button", { name: "Product Viewed" }).isDisabled()).toBe(true);
    expect(await main().getByRole("button", { name: /Move stage|Remove stage|Add a stage|Add a condition/ }).count()).toBe(0);
  });
});
