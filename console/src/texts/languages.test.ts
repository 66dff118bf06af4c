// What no type can tell of a language: texts that are asked for by a name of the API's.
import { expect, test } from "vitest";
import { de } from "./de/de.ts";
import { en, type Language, type Texts } from "./en/en.ts";
import { partNames } from "./testing.ts";

test("every language has the same texts, none of them left out", async () => {
  const english = namesOf(await allOf(en));
  expect(english).toContain("texts.audiences.title: string");
  expect(namesOf(await allOf(de))).toEqual(english);
});

/** What English takes as it comes: from the table of SDKs, from the API. */
const onlyTranslated = new Set(["texts.sdks.called", "texts.limits.what"]);

async function allOf({ first, parts }: Language): Promise<Partial<Texts>> {
  const loaded = await Promise.all(partNames.map(async (name) => {
    const part: Partial<Texts> = await parts[name]();
    return { [name]: part[name] };
  }));
  return Object.assign({}, first, ...loaded);
}

/** Of all texts, with their places. */
function namesOf(texts: object, within = "texts"): string[] {
  return Object.entries(texts).flatMap(([name, text]: [string, unknown]) => {
    const place = `${within}.${name}`;
    if (onlyTranslated.has(place)) return [];
    return typeof text === "object" && text !== null ? namesOf(text, place) : [`${place}: ${typeof text}`];
  });
}
