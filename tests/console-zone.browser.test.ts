// The workspace's time zone in the console: it is found by a city, said what it changes, and an audience between dates has another
// member by it at once; the builder tells in which zone a window begins.
import { describe, expect, test, vi } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import type { ServerProcess } from "./server-process.ts";

/** Half an hour before May ends in UTC. */
const BOUGHT = "2026-05-31T23:30:00Z";
const sinceJune = { who: { kind: "event", event: "Order Completed", op: "at_least", value: 1, within: { from: "2026-06-01" } } };
const thisMonth = { who: { kind: "event", event: "Order Completed", op: "at_least", value: 1, within: { period: "this", unit: "month" } } };
let password = "";

async function fill(server: ServerProcess): Promise<void> {
  await server.send("/v1/batch", { batch: [{ type: "track", event: "Order Completed", userId: "ann", timestamp: BOUGHT, properties: { total: 5 } }] });
  await server.settled();
  await server.api("/audiences", { method: "POST", body: { name: "Since June", slug: "since-june", definition: sinceJune } });
  await server.api("/audiences", { method: "POST", body: { name: "This month", slug: "this-month", definition: thisMonth } });
  ({ password } = await server.api<{ password: string }>("/members", { method: "POST", body: { email: "marketer@example.com", name: "Mara Keting", role: "marketer" } }));
}

describe.skipIf(chromiumPath === undefined)("the workspace's time zone", () => {
  const at = consoleTest({ fill });
  const sizeIs = (size: number) =>
    vi.waitFor(async () => expect(await at.server.api("/audiences/since-june")).toMatchObject({ status: "active", size }), { timeout: 60_000, interval: 100 });
  const zoneField = () => at.page.getByRole("combobox", { name: "Time zone" });

  test("is chosen by a city and by keyboard alone, and who is in an audience follows", async () => {
    await sizeIs(0);
    await at.open("/settings/workspace");
    expect(await zoneField().inputValue()).toBe("UTC");
    await at.page.getByText(/It is \w{3}.* there now/).waitFor();
    await zoneField().focus();
    await zoneField().fill("nowhere at all");
    await at.page.getByText("No time zone of that name").waitFor();
    await zoneField().fill("tokyo");
    await at.page.getByRole("option", { name: /^Asia\/Tokyo/ }).waitFor();
    await at.page.keyboard.press("ArrowDown");
    await at.page.keyboard.press("Enter");
    expect(await zoneField().inputValue()).toBe("Asia/Tokyo");
    await at.page.getByRole("status").getByText("Everybody is asked again").waitFor();
    await at.page.getByRole("button", { name: "Save changes" }).click();
    await at.page.getByText("Days now begin at midnight in Asia/Tokyo.").waitFor();
    await at.page.getByText("Everybody is asked again").waitFor({ state: "detached" });
    await sizeIs(1);
    await at.page.reload();
    await vi.waitFor(async () => expect(await zoneField().inputValue()).toBe("Asia/Tokyo"), { timeout: 60_000 });
  });

  test("can be thought better of, and is changed with the name in one go", async () => {
    await at.open("/settings/workspace");
    const choose = async (city: string): Promise<void> => {
      await zoneField().fill(city);
      await at.page.getByRole("option", { name: new RegExp(city) }).click();
    };
    await choose("Auckland");
    await at.page.getByRole("button", { name: "Discard" }).click();
    expect(await zoneField().inputValue()).toBe("Asia/Tokyo");
    await choose("New York");
    await at.page.getByRole("textbox", { name: "Name" }).fill("Harbour shop");
    await at.page.getByRole("button", { name: "Save changes" }).click();
    await at.page.getByText("Days now begin at midnight in America/New York.").waitFor();
    expect(await at.server.api("/workspace")).toMatchObject({ name: "Harbour shop", time_zone: "America/New_York" });
    await sizeIs(0);
  });

  test("is told in the builder where a window begins at midnight", async () => {
    await at.open("/audiences/this-month/edit");
    await at.page.getByRole("button", { name: /^Over which time: this month/ }).click();
    await at.page.getByText("The workspace's time zone is America/New York.").waitFor();
  });

  test("stands still for who may not change it", async () => {
    await at.page.goto(`${at.server.url}/settings/workspace`);
    await at.signIn("marketer@example.com", password);
    await at.page.getByText("Only owners, admins and developers change these.").waitFor();
    await vi.waitFor(async () => expect(await zoneField().isDisabled()).toBe(true), { timeout: 60_000 });
    at.forgiveStatus(401); // Before somebody has signed in.
  });
});
