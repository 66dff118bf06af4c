import { expect, test } from "vitest";
import { decideLanguage } from "./language.ts";

test.each([
  [{ chosen: null, wanted: ["en-GB", "de"] }, { language: "en", locale: "en-GB" }],
  [{ chosen: null, wanted: ["de-AT", "en"] }, { language: "de", locale: "de-AT" }],
  [{ chosen: "de", wanted: ["en-GB"] }, { language: "de", locale: "de" }],
  [{ chosen: null, wanted: ["ja-JP", "en-AU"] }, { language: "en", locale: "en-AU" }],
  [{ chosen: null, wanted: ["ja-JP"] }, { language: "en", locale: "en" }],
  [{ chosen: "en", wanted: ["ja"] }, { language: "en", locale: "en" }],
  [{ chosen: "toString", wanted: [] }, { language: "en", locale: "en" }],
] as const)("%j gives %j", (wishes, decided) => expect(decideLanguage(wishes)).toEqual(decided));
