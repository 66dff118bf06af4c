// Models in the console: a query tried, its first run looked at before it is taken, and a row followed to where it was sent.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";

describe.skipIf(chromiumPath === undefined)("models", () => {
  const taken: { readonly event: string; readonly properties: { readonly user_id: string; readonly plan: string } }[] = [];
  let receiver: Server | undefined;
  const on = consoleTest({
    env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" },
    fill: async (server) => {
      receiver = createServer((request, response) => {
        let text = "";
        request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
        request.on("end", () => { taken.push(JSON.parse(text) as (typeof taken)[number]); response.end("ok"); });
      }).listen(0, "127.0.0.1");
      await once(receiver, "listening");
      const { port } = receiver.address() as AddressInfo; // It listens on a port.
      for (const [userId, plan] of [["u-1", "free"], ["u-2", "pro"], ["u-3", "pro"]]) await server.send("/v1/identify", { userId, traits: { plan } });
      await server.settled();
      // A trait is a column once it was seen.
      while (!JSON.stringify(await server.api("/sql/views")).includes('"plan"')) await new Promise((resolve) => setTimeout(resolve, 200));
      await server.api("/destinations", { method: "POST", body: { name: "Plans", definition: "signed-webhook", settings: { url: `http://127.0.0.1:${port}/` }, enabled: true } });
    },
  });
  afterAll(() => void receiver?.close());

  test("a model is written, tried, run, looked at, taken, and its rows go out", async () => {
    await on.open("/models");
    const { page } = on;
    await page.getByRole("heading", { name: "No models yet" }).waitFor();
    await page.getByRole("link", { name: "New model" }).first().click();
    await page.getByLabel("Name").fill("Plans of people");
    await page.getByRole("textbox", { name: "SQL" }).fill("select user_id, plan from file('/etc/passwd')");
    await page.getByRole("button", { name: "Preview the first rows" }).click();
    await page.getByRole("alert").filter({ hasText: /file/ }).waitFor();
    on.forgiveStatus(400);
    await page.getByRole("textbox", { name: "SQL" }).fill("select user_id, plan from profiles");
    await page.getByRole("button", { name: "Preview the first rows" }).click();
    await page.getByRole("cell", { name: "u-2" }).waitFor();
    await page.getByLabel(/^Key/).first().click();
    await page.getByRole("listbox", { name: "Key" }).getByRole("option", { name: "user_id" }).click();
    await page.keyboard.press("Escape");
    await page.getByLabel("About whom").selectOption("user_id");
    await page.getByRole("button", { name: "Make the model" }).click();
    await page.getByText("Never run").waitFor();

    await page.getByRole("button", { name: "Run now" }).click();
    // Whoever runs models loads all that destinations need first.
    await page.getByText("This run waits for you").waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "Look at the rows" }).click();
    await expect.poll(() => page.getByRole("row").filter({ hasText: "Would be added" }).count()).toBe(3);
    await page.getByRole("button", { name: "Take it" }).click();
    await page.getByText("3 rows").waitFor();
    const definition = { action: "send", trigger: { kind: "model", model: "plans-of-people", mode: "upsert", backfill: false }, mapping: { data: { "@path": "$." } } };
    await on.server.api("/destinations/plans/subscriptions", { method: "POST", body: { name: "Changed plans", definition } });

    await on.open("/destinations/plans/subscriptions/1");
    const model = page.locator("input").and(page.getByLabel(/^Model/));
    await expect.poll(() => model.inputValue()).toBe("Plans of people · 3 rows");
    await model.fill("plans of");
    await page.getByRole("option").filter({ hasText: "Done" }).filter({ hasText: "plans-of-people" }).click();
    await page.getByRole("link", { name: "Open Plans of people" }).waitFor();
    await on.open("/destinations/plans?tab=subscriptions");
    // What may send rows at once says what it sends.
    await page.getByRole("switch", { name: "Changed plans sends" }).locator("..").click();
    const dialog = page.getByRole("dialog", { name: "Switch on Changed plans?" });
    await dialog.getByText("It sends what comes in from now on.").waitFor();
    await dialog.getByRole("button", { name: "Switch on" }).click();
    await page.getByText("Changed plans is switched on").waitFor();
    await on.open("/models/plans-of-people");

    await on.server.send("/v1/identify", { userId: "u-1", traits: { plan: "pro" } });
    await on.server.settled();
    await page.getByRole("button", { name: "Run now" }).click();
    await expect.poll(() => taken.map(({ event, properties }) => [event, properties.user_id, properties.plan])).toEqual([["Row Changed", "u-1", "pro"]]);
    await page.getByRole("tab", { name: "Rows" }).click();
    await page.getByRole("row").filter({ hasText: "plan: free → pro" }).click();
    const panel = page.getByRole("complementary", { name: "Row" });
    await panel.getByText("Delivered").waitFor();
    await panel.getByRole("link", { name: "plans" }).waitFor();
    await page.getByRole("tab", { name: "Runs" }).click();
    await expect.poll(() => page.getByRole("row").filter({ hasText: "Done" }).count()).toBe(2);
    await on.open("/profiles/user_id:u-1?tab=sent");
    await page.getByText("Row Changed").first().waitFor();
  });

  test("somebody is forgotten: their row goes, the destination is told, and the page says so", async () => {
    await on.open("/profiles/user_id:u-2");
    const { page } = on;
    await page.getByRole("link", { name: "Forget" }).click();
    const dialog = page.getByRole("dialog", { name: "Forget a person" });
    await dialog.getByLabel("Reason").fill("asked by letter");
    await dialog.getByRole("button", { name: "Forget for good" }).click();
    const panel = page.getByRole("complementary", { name: "Forgotten person 1" });
    await panel.getByText("Told to delete them").waitFor({ timeout: 60_000 });
    await expect.poll(() => panel.getByText("Erased", { exact: true }).count()).toBe(2);
    await page.getByRole("row").filter({ hasText: "Done" }).waitFor();
    expect(taken.at(-1)).toEqual({ type: "forget", userId: "u-2" });
    const { data } = await on.server.api("/models/plans-of-people/runs") as { data: { cause: string; removed: number }[] };
    expect(data[0]).toMatchObject({ cause: "forget", removed: 1 });
  });

  test("a warehouse is refused where it may not be reached, and is kept where it is", async () => {
    await on.open("/models");
    const { page } = on;
    await page.getByRole("button", { name: "Add a warehouse" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Name" }).fill("Orders");
    await dialog.getByRole("button", { name: "Save and test" }).click();
    await dialog.getByText(/required|needed|missing/i).first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("No warehouse yet").waitFor();
  });
});
