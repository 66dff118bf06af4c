// Who is who, through the real server in Chromium: three devices explained in words and by events; a wrong merge undone with a
// preview; a refusal explained; a rule tried before it is saved; three hundred identifiers; all of it by keyboard, too.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { UnmergePreview } from "@tributary/schema/api/identity.ts";
import type { ProfileAnswer } from "@tributary/schema/api/profiles.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { sendPeople } from "./identity-people.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe.skipIf(chromiumPath === undefined)("who is who", () => {
  const at = consoleTest({ fill: (server) => sendPeople(server, Date.now()) });
  const plain = (text: string): string => text.replace(/\s+/g, " ").trim();
  const button = (name: string | RegExp) => at.page.getByRole("button", { name });

  async function expectNoViolations(): Promise<void> {
    await expect.poll(() => at.page.locator(".bar, [aria-busy=true]").count()).toBe(0);
    await at.page.evaluate(axe);
    const found = await at.page.evaluate("axe.run({ include: [['main'], ['[role=dialog]']] }, { runOnly: ['wcag2a', 'wcag2aa'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')))");
    expect(found).toEqual([]);
    expect(await at.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")).toBe(true);
  }

  test("three devices are one person, in words, by an edge's events, and by the way between two", async () => {
    await at.open("/profiles/user_id:u-17?tab=identity");
    const story = at.page.getByRole("region", { name: "Why this is one person" });
    await story.getByText("laptop-a3f0-77c1").first().waitFor();
    const sentences = (await story.getByRole("listitem").allInnerTexts()).map(plain);
    expect(sentences).toHaveLength(4);
    expect(sentences[0]).toMatch(/^On .+ it began with the browser laptop-a3f0-77c1/);
    expect(sentences[1]).toMatch(/the browser laptop-a3f0-77c1 signed in as user id u-17 ?: Signed In \(Website\)/);
    expect(sentences[2]).toMatch(/app-9d2e-0b44.* signed in as user id u-17.* That made one person of two\.$/);
    expect(sentences[3]).toContain("tablet-1f1f-aaaa");
    await expectNoViolations();

    await button(/laptop-a3f0-77c1.*: 3 events/).click();
    const panel = at.page.getByRole("dialog");
    await panel.getByText(/^Seen together in 3 events, first on .+: Signed In \(Website\)\.$/).waitFor();
    expect(await panel.getByRole("listitem").count()).toBe(3);
    expect(new URL(at.page.url()).searchParams.get("line")).toMatch(/~/);
    await at.page.reload();
    await panel.getByRole("link", { name: "Order Completed (Website)" }).waitFor();
    await at.page.keyboard.press("Escape");

    await button(/^laptop-a3f0-77c1\s*anonymous id/).click();
    await button(/^tablet-1f1f-aaaa\s*anonymous id/).click();
    await button("Why are these joined?").click();
    await panel.getByText("Not directly: over 1 other identifier.").waitFor();
    await panel.getByRole("link", { name: "Signed In (Website)" }).first().click();
    await at.page.getByText("The path it took").waitFor();
  });

  test("a wrong merge is undone with a preview, and both people stand as previewed", async () => {
    await at.open("/profiles/user_id:u-dora?tab=identity");
    await button(/^emil@example.com\s*e-mail address/).click();
    await button(/^emils-phone\s*anonymous id/).click();
    const asked = at.page.waitForResponse((response) => response.url().endsWith("/unmerge"));
    await button("Split these off…").click();
    const preview = (await (await asked).json()) as UnmergePreview;
    const dialog = at.page.getByRole("dialog");
    await dialog.getByText("One person becomes 2. 2 events go with the identifiers that leave.").waitFor();
    expect(await dialog.getByRole("region", { name: "Stays" }).innerText()).toMatch(/Dora Dahl[^]*Graz/);
    expect(await dialog.getByRole("region", { name: "Splits off" }).innerText()).toMatch(/Emil Egger[^]*marketing: granted[^]*Order Completed/);
    await expectNoViolations();
    await button("Split them").click();
    await dialog.getByText("They are two people now.").waitFor();
    const sideOf = async (ref: string): Promise<object> => {
      const { identifiers, traits, event_count } = await at.server.api<ProfileAnswer>(`/profiles/${ref}`);
      return { identifiers: identifiers.map(({ namespace, value }) => `${namespace}:${value}`).sort(), traits, event_count };
    };
    for (const [ref, side] of [["user_id:u-dora", preview.stays], ["email:emil@example.com", preview.splits_off]] as const) {
      expect(await sideOf(ref)).toEqual({ identifiers: side.identifiers.map(({ namespace, value }) => `${namespace}:${value}`).sort(), traits: side.traits, event_count: side.event_count });
    }
    await dialog.getByRole("link", { name: "Open the person split off" }).click();
    await at.page.getByRole("heading", { level: 1, name: "Emil Egger" }).waitFor();
    await button(/kept apart/).first().waitFor();
    await at.page.getByText("was split off by hand. They are kept apart since.").waitFor();
  });

  test("a refusal is explained, on the person and in the list of the workspace", async () => {
    await at.open("/identity?show=refused");
    const row = at.page.getByRole("row").filter({ hasText: "family-tablet" });
    expect(await row.innerText()).toMatch(/Bob Abend and Ann Abend|Ann Abend and Bob Abend/);
    await expectNoViolations();
    await row.getByRole("link", { name: "Ann Abend" }).click();
    await at.page.getByRole("tab", { name: "Identity" }).click();
    await at.page.getByText("was not joined with").waitFor();
    await button(/limit$/).click();
    await at.page.getByRole("dialog").getByText("would have had more identifiers of a kind than the rules allow").waitFor();
  });

  test("a rule is tried, shows who would become one by what, and is only then saved; leaving asks", async () => {
    await at.open("/settings/identity");
    await button(/^user id\s*user_id/).click();
    await at.page.getByRole("textbox", { name: "Most per person" }).fill("2");
    await at.page.getByText("user_id: Most per person 1 becomes 2").waitFor();
    expect(await button("Save the rules").isDisabled()).toBe(true);
    await at.page.getByRole("navigation").getByRole("link", { name: "Home" }).first().click();
    await button("Stay").click();
    await button("Try it on today's people").click();
    const result = at.page.getByRole("region", { name: "What these rules would have made of today's people" });
    await result.getByText("2 people would become 1.").waitFor();
    const example = plain(await result.getByRole("listitem").innerText());
    expect(example).toMatch(/Ann Abend/);
    expect(example).toMatch(/Bob Abend/);
    expect(example).toMatch(/ by .*family-tablet/);
    await expectNoViolations();
    await button("Save the rules").click();
    await at.page.getByText("Nothing is changed.").waitFor();
    const { settings } = await at.server.api<{ settings: { identity: { namespaces: { name: string; limitPerProfile: number }[] } } }>("/settings");
    expect(settings.identity.namespaces.find(({ name }) => name === "user_id")?.limitPerProfile).toBe(2);
  });

  test("a bad pattern is refused by the server in words, and kinds are moved by keyboard", async () => {
    await at.open("/settings/identity");
    await button("Make phone stronger").focus();
    await at.page.keyboard.press("Enter");
    await at.page.getByText("The order of kinds").waitFor();
    await button(/^e-mail address\s*email/).click();
    await at.page.getByRole("combobox", { name: "Patterns of such values (RE2)" }).fill("(?=look)");
    await at.page.keyboard.press("Enter");
    await button("Try it on today's people").click();
    await at.page.getByRole("alert").getByText(/not a valid RE2 pattern/).waitFor();
    at.forgiveStatus(400);
    await button("Discard").click();
    await at.page.getByText("Nothing is changed.").waitFor();
  });

  test("three hundred identifiers are one node that opens, and a table where they can be chosen", async () => {
    await at.open("/profiles/user_id:u-many?tab=identity");
    const cluster = at.page.locator(".identity-node.cluster");
    await cluster.getByText("300 anonymous ids").waitFor();
    await cluster.click();
    await button(/^kiosk-000\s*anonymous id/).waitFor();
    await cluster.getByText("276 anonymous ids").waitFor();
    await button("Put the anonymous ids together").click();
    await at.page.getByText("Table", { exact: true }).click();
    const table = at.page.getByRole("grid");
    await expect.poll(() => table.getAttribute("aria-rowcount")).toBe("306");
    await table.getByRole("checkbox").first().check();
    await at.page.getByText("1 identifier selected").waitFor();
    await expectNoViolations();
  });

  test("by keyboard alone: a node is chosen, a line opened and closed", async () => {
    await at.open("/profiles/user_id:u-17?tab=identity");
    await button(/^u-17\s*user id/).focus();
    await at.page.keyboard.press("Space");
    await at.page.getByText("1 identifier selected").waitFor();
    expect(await button(/^u-17\s*user id/).getAttribute("aria-pressed")).toBe("true");
    await button(/tablet-1f1f-aaaa.*: 1 event/).focus();
    await at.page.keyboard.press("Enter");
    await at.page.getByRole("dialog").getByText(/^Seen together in 1 event/).waitFor();
    await at.page.keyboard.press("Escape");
    await at.page.getByRole("dialog").waitFor({ state: "detached" });
  });
});
