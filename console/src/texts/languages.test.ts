// What no type can tell of a language: texts that are asked for by a name of the API's.
import { expect, test } from "vitest";
import { de } from "./de/de.ts";
import { en } from "./en/en.ts";

test("every language has the same texts, none of them left out", () => {
  expect(namesOf(de)).toEqual(namesOf(en));
});

/** What English takes as it comes: from the table of SDKs, from the API. */
const onlyTranslated = new Set(["texts.sdks.called", "texts.limits.what"]);

/** Of all texts, with their places. */
function namesOf(texts: object, within = "texts"): string[] {
  return Object.entries(texts).flatMap(([name, text]: [string, unknown]) => {
    const place = `${within}.${name}`;
    if (onlyTranslated.has(place)) return [];
    return typeof text === "object" && text !== null ? namesOf(text, place) : [`${place}: ${typeof text}`];
  });
}
