// The console in German: whoever's browser asks for it gets it from the first page on; every screen fits; and the language
// chosen in the settings counts more than the browser's.
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest, OWNER_EMAIL, OWNER_PASSWORD } from "./console-page.ts";
import { screens, UNFINISHED } from "./screens.ts";
import { shopEvents } from "./screenshots/shop-events.ts";

/** Address → its heading; that of Home says how things stand. */
const headings: Readonly<Record<string, RegExp>> = {
  "/": /Ereignisse in den letzten 24 Stunden/, "/start": /^Erste Schritte$/, "/sources": /^Quellen$/, "/live": /^Live-Ansicht$/, "/held": /^Zurückgehaltene Ereignisse$/,
  "/schema": /^Ereignisse und Felder$/, "/profiles": /^Profile$/, "/identity": /^Zusammenführungen$/, "/audit": /^Protokoll$/, "/settings/identity": /^Identitätsregeln$/, "/settings/vocabulary": /^Vokabular$/,
  [screens["person-identity"] ?? ""]: /Straßenbahnhaltestelle/,
};

describe.skipIf(chromiumPath === undefined)("the console in German", () => {
  const at = consoleTest({
    locale: "de-AT",
    fill: async (server) => {
      await server.send("/v1/batch", { batch: shopEvents(Date.now()) });
      await server.settled();
    },
  });

  const heading = (name: RegExp) => at.page.getByRole("heading", { level: 1, name });
  const spokenLanguage = (): Promise<unknown> => at.page.evaluate("document.documentElement.lang");

  async function signInInGerman(): Promise<void> {
    await at.page.goto(at.server.url);
    await at.page.getByRole("textbox", { name: "E-Mail" }).fill(OWNER_EMAIL);
    await at.page.getByRole("textbox", { name: "Passwort" }).fill(OWNER_PASSWORD);
    await at.page.getByRole("button", { name: "Anmelden", exact: true }).click();
    await heading(/in den letzten 24 Stunden/).waitFor();
    at.forgiveStatus(401);
  }

  test("speaks German to a browser that asks for it, and every screen fits, wide and narrow", async () => {
    await signInInGerman();
    expect(await spokenLanguage()).toBe("de");
    for (const width of [1280, 768]) {
      await at.page.setViewportSize({ width, height: 900 });
      for (const [path, name] of Object.entries(headings)) {
        await at.page.goto(`${at.server.url}${path}`);
        await heading(name).waitFor();
        await expect.poll(() => at.page.locator(UNFINISHED).count()).toBe(0);
        expect(await at.page.evaluate("document.documentElement.scrollWidth"), `${path} at ${width}`).toBeLessThanOrEqual(width);
      }
    }
  });

  test("writes numbers and times as German does", async () => {
    await signInInGerman();
    await at.page.goto(`${at.server.url}/profiles`);
    await at.page.getByRole("gridcell", { name: /^vor \d+ (Sek\.|Min\.|Std\.)$/ }).first().waitFor();
  });

  test("says in German what is wrong with an audience, and with a computed trait", async () => {
    await signInInGerman();
    await at.page.goto(`${at.server.url}/audiences/new?view=yaml`);
    await at.page.getByRole("textbox", { name: "Die Definition als YAML" }).fill("who: { kind: audience, audience: gone }");
    await at.page.getByText("Es gibt keine Zielgruppe `gone`.", { exact: false }).waitFor();
    await at.page.getByText("Sehen Sie bei den Zielgruppen nach", { exact: false }).waitFor();
    await at.page.goto(`${at.server.url}/computed-traits/new`);
    await at.page.getByRole("radio", { name: /^Formel/ }).click();
    await at.page.getByRole("textbox", { name: "Formel" }).fill("1 + * 2");
    await at.page.getByText("Zeichen 5: erwartet eine Zahl", { exact: false }).waitFor();
  });

  test("speaks English once that is chosen, and German again as the browser has it", async () => {
    await signInInGerman();
    await at.page.goto(`${at.server.url}/settings/account`);
    await at.page.getByRole("combobox", { name: "Sprache" }).selectOption({ label: "English" });
    await heading(/^My account$/).waitFor();
    expect(await spokenLanguage()).toBe("en");
    await at.page.goto(`${at.server.url}/profiles`);
    await heading(/^Profiles$/).waitFor();
    await at.page.goto(`${at.server.url}/settings/account`);
    await at.page.getByRole("combobox", { name: "Language" }).selectOption({ label: "As the browser has it" });
    await heading(/^Mein Konto$/).waitFor();
    expect(await spokenLanguage()).toBe("de");
  });
});
