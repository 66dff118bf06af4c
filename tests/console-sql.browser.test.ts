// SQL in the console: a statement is written, run, kept in the address, and said to be wrong with its place; and a model reads by the same door.
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { API_TOKEN, WRITE_KEY } from "./server-process.ts";

describe.skipIf(chromiumPath === undefined)("SQL", () => {
  const at = consoleTest({
    fill: async ({ url }) => {
      const batch = ["a", "b", "c"].map((id, n) => ({ type: "track", event: "Order Completed", messageId: `sql-${id}`, userId: `u-${id}`, properties: { total: 10 * (n + 1), currency: "EUR" } }));
      await fetch(`${url}/v1/batch`, { method: "POST", headers: { authorization: `Basic ${btoa(`${WRITE_KEY}:`)}`, "content-type": "application/json" }, body: JSON.stringify({ batch }) });
    },
  });
  const ask = (url: string, path: string, body: unknown): Promise<Response> =>
    fetch(`${url}/api/v1${path}`, { method: "POST", headers: { authorization: `Bearer ${API_TOKEN}`, "content-type": "application/json" }, body: JSON.stringify(body) });

  test("a statement is run and stays in the address, and one that is wrong says where", async () => {
    await expect.poll(async () => ((await (await ask(at.server.url, "/sql", { statement: "select count() from events" })).json()) as { rows: unknown }).rows).toEqual([[3]]);
    await at.open("/sql");
    const statement = at.page.getByRole("textbox", { name: "Statement" });
    await statement.press("Control+Enter");
    await at.page.getByRole("gridcell", { name: "Order Completed" }).waitFor();
    await at.page.getByText(/^1 row in \d+ ms\.$/).waitFor();
    await at.page.reload();
    await at.page.getByRole("columnheader", { name: "events · UInt64" }).waitFor();
    await at.page.getByRole("textbox", { name: "Find a view or column" }).fill("granted");
    await at.page.getByText("consent", { exact: true }).click();
    await at.page.getByRole("button", { name: "granted UInt8" }).waitFor();
    await statement.fill("select message_id,\n  file('/etc/hostname')\nfrom events");
    await at.page.getByRole("button", { name: "Run" }).click();
    await at.page.getByText(/Line 2, column 3: The function file/).waitFor();
    at.forgiveStatus(400);
  });

  test("a model reads the workspace's own tables as they are asked for here", async () => {
    const answer = await ask(at.server.url, "/models/preview", { warehouse: null, query: { kind: "sql", sql: "select user_id, count() as orders from events group by 1 order by 1" }, key: ["user_id"], limit: 2 });
    expect([answer.status, await answer.json()]).toMatchObject([200, { columns: [{ name: "user_id", type: "text" }, { name: "orders", type: "number" }], rows: [{ user_id: "u-a", orders: 1 }, { user_id: "u-b", orders: 1 }], is_cut: true }]);
  });
});
