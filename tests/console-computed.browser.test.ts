// Computed traits through the real server: one is made while its values are shown, worked out for everybody, and stands on the person.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { ObservedEventList } from "@tributary/schema/api/observed.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { API_TOKEN } from "./server-process.ts";
import { shopEvents } from "./screenshots/shop-events.ts";

describe.skipIf(chromiumPath === undefined)("computed traits", () => {
  const at = consoleTest({
    fill: async (server) => {
      await server.send("/v1/batch", { batch: shopEvents(Date.now()) });
      // Events to choose from are those that have been looked at.
      while ((await server.api<ObservedEventList>("/schema/events")).data.every(({ event }) => event !== "Order Completed")) await sleep(100);
    },
  });

  test("are made with their values in sight, told what is wrong, and shown on people", async () => {
    await at.open("/computed-traits");
    await at.page.getByRole("main").getByRole("link", { name: "New computed trait" }).first().click();
    await at.page.getByRole("textbox", { name: "Name", exact: true }).fill("Things done");
    await at.page.getByRole("group", { name: "Event", exact: true }).getByRole("button", { name: /^Event: / }).click();
    await at.page.getByRole("option", { name: /^Order Completed/ }).click();
    const card = at.page.getByRole("region", { name: "How the values lie" });
    await card.getByText(/of \d+ people/).waitFor();
    await at.page.getByRole("button", { name: "Make it" }).click();
    await at.page.getByText("Made. It is now worked out for everybody.").waitFor();
    await at.page.getByText("things_done").waitFor();
    await at.page.getByText("Current", { exact: true }).waitFor();

    await at.open("/computed-traits/new");
    await at.page.getByRole("radio", { name: /^Formula/ }).click();
    await at.page.getByRole("textbox", { name: "Formula" }).fill("1 + * 2");
    await at.page.getByText("Character 5: expected", { exact: false }).waitFor();
    await at.page.getByRole("textbox", { name: "Formula" }).fill("computed(things_done) * 2");
    await at.page.getByRole("region", { name: "How the values lie" }).getByText(/of \d+ people/).waitFor();

    const answer = await fetch(`${at.server.url}/api/v1/computed-traits/things_done`, { headers: { authorization: `Bearer ${API_TOKEN}` } });
    expect(await answer.json()).toMatchObject({ status: "active", rest: 0 });
    await at.page.getByRole("textbox", { name: "Name", exact: true }).fill("Doubled");
    await at.page.getByRole("button", { name: "Make it" }).click();
    await at.page.getByText("doubled", { exact: true }).waitFor();
    await at.open("/profiles/user_id:u-2");
    await at.page.getByRole("region", { name: "Computed" }).getByRole("link", { name: "Things done" }).waitFor();
  });
});
