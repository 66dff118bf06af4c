// People from a file in Chromium: a spreadsheet's file with German headers, semicolons and decimal commas is mapped, tried,
// imported, found and taken back.
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";

const lines = [
  "Kundennummer;Vorname;Nachname;E-Mail-Adresse;PLZ;Umsatz;Kunde seit;Newsletter",
  ...Array.from({ length: 30 }, (_, n) => `${10_000 + n};Jörg${n};Müßig;kunde${n}@example.com;0${1_000 + n};1.${100 + n},50;0${(n % 9) + 1}.02.2021;${n % 2 === 0 ? "ja" : "nein"}`),
  "kaputt;zu;kurz",
];
const file = { name: "Kunden 2024.csv", mimeType: "text/csv", buffer: Buffer.from(`${lines.join("\r\n")}\r\n`) };

describe.skipIf(chromiumPath === undefined)("imports", () => {
  const console = consoleTest({
    fill: async (server) => {
      await server.send("/v1/identify", { userId: "10000", traits: { email: "kunde0@example.com" } });
      await server.settled();
    },
  });

  test("a file of customers is mapped, tried, imported, found and withdrawn", async () => {
    const { page } = console;
    await console.open("/sources");
    await page.getByRole("link", { name: "Imports" }).click();
    await page.getByRole("link", { name: "Import a file" }).first().click();
    await page.getByLabel("File to import").setInputFiles(file);
    expect(await page.getByRole("combobox", { name: "E-Mail-Adresse becomes" }).or(page.getByRole("textbox", { name: "E-Mail-Adresse becomes" })).inputValue()).toBe("Trait");
    expect(await page.getByRole("textbox", { name: "Name for Vorname" }).inputValue()).toBe("firstName");
    await page.getByRole("textbox", { name: "Name for Umsatz" }).fill("revenue");
    await expect.poll(() => page.getByLabel("Call 1").and(page.locator("pre")).innerText()).toMatch(/"revenue": 1100\.5/);
    await page.getByRole("checkbox", { name: "That is how this file is written" }).check();
    await page.getByRole("button", { name: "Dry run" }).click();
    await page.getByText("29 people are new, 1 known already.").waitFor();
    await page.getByText("1 line would be refused.").waitFor();
    expect((await console.server.api<{ data: unknown[] }>("/profiles?search=kunde5@example.com")).data).toHaveLength(0);
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByRole("link", { name: "See the import" }).click();
    const panel = page.getByRole("complementary");
    await panel.getByText("Done").waitFor();
    await console.server.settled();
    const [found] = (await console.server.api<{ data: { id: string }[] }>("/profiles?search=kunde5@example.com")).data;
    expect((await console.server.api<{ traits: Record<string, unknown> }>(`/profiles/${found?.id}`)).traits["revenue"]).toBe(1105.5);
    await panel.getByRole("button", { name: "Withdraw" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("30 events are set aside, and 30 people are made anew without them.").waitFor();
    await dialog.getByText("29 people are known by this import alone, and will be gone.").waitFor();
    await dialog.getByRole("button", { name: "Withdraw" }).click();
    await panel.getByText("Withdrawn", { exact: true }).first().waitFor();
    await console.server.settled();
    expect((await console.server.api<{ data: unknown[] }>("/profiles?search=kunde5@example.com")).data).toHaveLength(0);
    expect((await console.server.api<{ data: unknown[] }>("/profiles?search=kunde0@example.com")).data).toHaveLength(1);
  });

  test("the mapping can be edited as text, and used again for another file", async () => {
    const { page } = console;
    const made = await console.server.api<{ data: { id: number }[] }>("/imports");
    await console.open(`/imports/new?from=${made.data[0]?.id}`);
    await page.getByLabel("File to import").setInputFiles({ ...file, name: "Kunden 2025.csv" });
    await expect.poll(() => page.getByRole("textbox", { name: "Name for Umsatz" }).inputValue()).toBe("revenue");
    await page.getByRole("button", { name: "Edit as YAML" }).click();
    const text = page.getByLabel("The mapping as YAML");
    await text.fill((await text.inputValue()).replace("revenue", "sales"));
    await expect.poll(() => page.getByLabel("Call 1").and(page.locator("pre")).innerText()).toMatch(/"sales": 1100\.5/);
    await text.fill("events: [");
    await page.getByText("The text is not YAML").waitFor();
  });

  test("a file that is no UTF-8 is refused before anything is sent", async () => {
    const { page } = console;
    await console.open("/imports/new");
    await page.getByLabel("File to import").setInputFiles({ ...file, buffer: Buffer.from("Name\nJ\xf6rg\n", "latin1") });
    await page.getByText("This file is not UTF-8").waitFor();
  });
});
