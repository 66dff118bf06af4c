// The vocabulary in Chromium: what arrives is recognised with its counts, a shop's own names are set and taken back, several
// currencies stop sums until there are rates, and unsaved changes are asked about.
import type { Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import { vocabularyAnswer } from "@tributary/schema/api/vocabulary.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import type { ServerProcess } from "./server-process.ts";

async function fill(server: ServerProcess): Promise<void> {
  const order = (n: number, currency: string) => ({ type: "track", event: "Order Completed", userId: `u-${n}`, properties: { order_id: `O-${n}`, total: 20, currency, fulfilment: "delivery", products: [{ product_id: "p", price: 10, quantity: 2 }] } });
  await server.send("/v1/batch", { batch: [
    order(1, "EUR"), order(2, "EUR"), order(3, "DKK"), { type: "track", event: "Till Sale", userId: "u-4", properties: { receipt: { no: "R-1", sum: 40 }, currency: "EUR" } },
    { type: "track", event: "Product Viewed", userId: "u-1", properties: { product_id: "p", name: "Oak table" } },
  ] });
  await server.settled();
}

describe.skipIf(chromiumPath === undefined)("the vocabulary", () => {
  const at = consoleTest({ fill });
  const main = (): Locator => at.page.getByRole("main");
  const now = async () => vocabularyAnswer.parse(await at.server.api("/vocabulary"));
  const roleOf = (name: RegExp): Locator => main().getByRole("button", { name });

  /** The names are counted some seconds behind the pipeline. */
  async function openPage(): Promise<void> {
    await expect.poll(async () => (await now()).roles.filter(({ by }) => by === "recognised").length).toBe(3);
    await at.open("/settings/vocabulary");
    await main().getByText("3 of 12 things that shops count are understood.").waitFor();
  }

  test("shows what is recognised, with counts, and takes a shop's own names", async () => {
    await openPage();
    await roleOf(/^Order\b.*Recognised/).click();
    expect(new URL(at.page.url()).searchParams.get("role")).toBe("order");
    const where = main().getByRole("region", { name: "Where these events say it" });
    await where.getByText("total", { exact: true }).waitFor();
    expect(await where.innerText()).not.toContain("revenue");
    await main().getByRole("region", { name: "Within each product" }).getByText("quantity", { exact: true }).waitFor();
    await main().getByRole("button", { name: "Change: Events" }).click();
    const events = main().getByRole("combobox", { name: "Events" });
    await events.fill("Till");
    await at.page.getByRole("option", { name: "Till Sale" }).click();
    await where.getByRole("button", { name: "Change: Value" }).click();
    const value = where.getByRole("combobox", { name: "Value" });
    await value.fill("properties.receipt.sum");
    await at.page.keyboard.press("Enter");
    await roleOf(/^Order\b.*Leave out “properties.”: write receipt.sum/).waitFor();
    await main().getByText("What is marked is still to be put right.").waitFor();
    await value.press("Backspace");
    await value.fill("receipt.sum");
    await at.page.keyboard.press("Enter");
    await main().getByRole("button", { name: "Save changes" }).click();
    await at.page.getByText("Saved. It holds at once").waitFor();
    expect((await now()).stored.roles).toEqual({ order: { events: ["Order Completed", "Till Sale"], properties: { value: ["total", "receipt.sum"] } } });
    await roleOf(/^Order\b.*Set/).waitFor();
    await main().getByRole("button", { name: "Back to recognised: Events" }).click();
    await main().getByRole("button", { name: "Back to recognised: Value" }).click();
    await main().getByRole("button", { name: "Save changes" }).click();
    await expect.poll(async () => (await now()).stored.roles).toEqual({});
  });

  test("refuses sums over two currencies until there is a rate, and says so while one types", async () => {
    await openPage();
    const standing = main().getByRole("status");
    await standing.getByText("Several currencies arrive: EUR and DKK.").waitFor();
    await main().getByRole("textbox", { name: "Base currency" }).fill("eur");
    await standing.getByText("There is no rate to EUR for DKK.").waitFor();
    await main().getByRole("textbox", { name: "Currency", exact: true }).fill("dkk");
    await main().getByRole("textbox", { name: "Worth in EUR" }).fill("0,134");
    await main().getByLabel("From").fill("2999-01-01");
    await main().getByRole("button", { name: "Add rate" }).click();
    await standing.getByText("The rates for DKK begin after the first events.").waitFor();
    await main().getByRole("button", { name: "Paste a table" }).click();
    const table = main().getByRole("textbox", { name: "Lines of day, currency, rate" });
    await table.fill("2020-01-01;DKK;0,134\n2021-01-01;DKK;none");
    await main().getByText("Line 2: A rate is a number above zero and at most 100,000, such as 0.134.").waitFor();
    await table.fill("day;currency;rate\n2020-01-01;DKK;0,134\n2021-01-01;SEK;0.1");
    await main().getByRole("button", { name: "Add 2 rates" }).click();
    await standing.getByText("Sums are told in EUR.").waitFor();
    await main().getByRole("button", { name: "Remove the rate of DKK from 2999-01-01" }).click();
    await at.page.getByRole("link", { name: "Limits" }).click();
    expect(at.complaints.splice(0)).toEqual(["dialog: What you changed here is not saved. Leave all the same?"]);
    await main().getByRole("button", { name: "Save changes" }).click();
    await at.page.getByText("Saved. It holds at once").waitFor();
    expect((await now()).stored.money).toEqual({ base: "EUR", rates: [{ from: "2020-01-01", currency: "DKK", rate: 0.134 }, { from: "2021-01-01", currency: "SEK", rate: 0.1 }] });
  });

  test("stops a change where a program has made another meanwhile", async () => {
    await openPage();
    await main().getByRole("textbox", { name: "Base currency" }).fill("DKK");
    const { version, stored } = await now();
    await at.server.api("/vocabulary", { method: "PUT", body: { version, vocabulary: { ...stored, roles: { signed_up: { events: ["Joined"] } } } } });
    const rates = main().getByRole("button", { name: /^Remove the rate of DKK/ });
    for (let left = await rates.count(); left > 0; left--) await rates.first().click();
    await main().getByRole("button", { name: "Save changes" }).click();
    await main().getByRole("alert").getByText("Somebody else has changed the vocabulary meanwhile.").waitFor();
    at.forgiveStatus(409);
    await main().getByRole("button", { name: "Discard" }).click();
    await roleOf(/^Signed up.*Set/).waitFor();
  });
});
