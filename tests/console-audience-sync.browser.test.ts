// An audience at a fake ad platform, in the console: somebody leaves it, a big change is asked about, what the platform lost is mended, and it is emptied.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import type { ServerProcess } from "./server-process.ts";

interface Platform {
  readonly url: string;
  /** Addresses on its list. */
  readonly members: Set<string>;
  readonly server: Server;
}

async function startPlatform(): Promise<Platform> {
  const members = new Set<string>();
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
    request.on("end", () => {
      const { email, member } = JSON.parse(text) as { email: string; member: boolean };
      (member ? members.add.bind(members) : members.delete.bind(members))(email);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/members`, members, server };
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const people = ["ann", "bob", "cyd", "dan", "eve", "fay"];
const addressOf = (who: string): string => `${who}@example.com`;
const did = (event: string): object => ({ kind: "event", event, op: "at_least", value: 1 });

async function does(server: ServerProcess, event: string, ...who: readonly string[]): Promise<void> {
  const batch = who.flatMap((userId) => [{ type: "identify", userId, traits: { email: addressOf(userId) } }, { type: "track", userId, event }]);
  expect(await server.send("/v1/batch", { batch })).toBe(200);
}

describe.skipIf(chromiumPath === undefined)("an audience at a destination", () => {
  let platform: Platform | undefined;
  const on = consoleTest({
    env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" },
    fill: async (server) => {
      platform = await startPlatform();
      await does(server, "Joined", ...people);
      await does(server, "Paid", "ann", "bob");
      await server.api("/audiences", { method: "POST", body: { name: "Club", slug: "club", definition: { who: { all: [did("Joined"), { not: did("Left") }] } } } });
      await server.api("/destinations", { method: "POST", body: { name: "Ad platform", definition: "signed-webhook", settings: { url: platform.url, secret: "a-secret-of-this-test-only" }, enabled: true } });
      const mapping = { data: { email: { "@path": "$.context.traits.email" }, member: { "@path": "$.properties.club" } } };
      await server.api("/destinations/ad-platform/subscriptions", { method: "POST", body: { name: "Club members", enabled: true, definition: { action: "send", trigger: { kind: "audience", audience: "club", holdOut: 0 }, mapping } } });
    },
  });
  afterAll(() => void platform?.server.close());

  async function atPlatform(...who: readonly string[]): Promise<void> {
    const wanted = who.map(addressOf).toSorted().join(" ");
    for (let i = 0; i < 1_200 && [...(platform?.members ?? [])].toSorted().join(" ") !== wanted; i++) await sleep(50);
    expect([...(platform?.members ?? [])].toSorted().join(" ")).toBe(wanted);
  }

  test("somebody leaves, a big change is asked about and sent, a loss is mended, and the list is emptied before it is put away", async () => {
    await atPlatform(...people);
    await on.open("/destinations/ad-platform?tab=subscriptions");
    const { page, server } = on;
    const card = page.getByRole("region", { name: "Club members: at the destination" });
    await card.getByText("The destination was told of 6 people; 6 are in the audience.").waitFor();
    await card.getByText("Nobody is held out.", { exact: false }).waitFor();
    await does(server, "Left", "fay");
    await atPlatform(...people.slice(0, 5));
    await card.getByText("The destination was told of 5 people; 5 are in the audience.").waitFor();

    await server.api("/audiences/club", { method: "PATCH", body: { definition: { who: did("Paid") } } });
    const banner = page.getByRole("region", { name: "“Club members” stands still and asks" });
    await banner.getByText("0 would come and 3 would go, of 5 people at the destination: more than 30%.", { exact: false }).waitFor();
    await atPlatform(...people.slice(0, 5));
    await page.evaluate(axe);
    expect(await page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations.map(({ id }) => id))`)).toEqual([]);
    await banner.getByRole("button", { name: "Send it" }).click();
    await atPlatform("ann", "bob");
    await banner.waitFor({ state: "detached" });

    platform?.members.delete(addressOf("bob"));
    await card.getByRole("button", { name: "Send anew" }).click();
    const dialog = page.getByRole("dialog", { name: "Send “Club members” anew?" });
    await dialog.getByText("2 people are in the audience, and the destination was told of 2.").waitFor();
    await dialog.getByRole("radio", { name: "Everybody who is to be there" }).check();
    await dialog.getByRole("button", { name: "Send anew" }).click();
    await atPlatform("ann", "bob");
    await card.getByRole("grid", { name: "Sent anew" }).getByText("Done").waitFor();

    await card.getByRole("button", { name: "Archive" }).click();
    const going = page.getByRole("dialog", { name: "Archive the subscription “Club members”?" });
    await going.getByRole("checkbox", { name: "First take everybody off the lists at the vendor" }).check();
    await going.getByRole("button", { name: "Archive" }).click();
    await atPlatform();
    await card.waitFor({ state: "detached" });
  });

  test("the page of who left tells what was sent about them and why, after the subscription was put away, too", async () => {
    await on.open("/profiles/user_id:fay?tab=sent");
    const { page } = on;
    const sent = page.getByRole("grid", { name: "What was sent about this person" });
    await sent.getByText("Came into Club: ", { exact: false }).waitFor();
    await sent.getByText("Went out of Club: something they did").click();
    const panel = page.getByRole("complementary").or(page.getByRole("dialog")).filter({ hasText: "Went out of" });
    await panel.getByRole("link", { name: "Why?" }).waitFor();
    await panel.getByRole("link", { name: "By the event Left" }).click();
    await page.waitForURL(/\/live\?.*message=/);
  });
});
