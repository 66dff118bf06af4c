import { describe, expect, test } from "vitest";
import { emptyVocabulary } from "@tributary/schema/audience/vocabulary.ts";
import "../../texts/testing.ts";
import { isRight, ratesFromText, withEvents, withoutRate, withPaths, withRates, withWhere, wrongInMoney, wrongInPaths, wrongInRole } from "./vocabulary-draft.ts";

describe("a draft of the vocabulary", () => {
  test("is what it was once everything is recognised again", () => {
    const changed = withPaths(withEvents(withWhere(emptyVocabulary, "click_and_collect", { paths: ["a"], values: ["b"] }), "order", ["Sale"]), "order", "value", ["sum"]);
    expect(changed.roles).toEqual({ click_and_collect: { where: { paths: ["a"], values: ["b"] } }, order: { events: ["Sale"], properties: { value: ["sum"] } } });
    expect(withWhere(withPaths(withEvents(changed, "order", undefined), "order", "value", undefined), "click_and_collect", undefined)).toEqual(emptyVocabulary);
    // That there is none is something that was set.
    expect(withEvents(emptyVocabulary, "order", []).roles).toEqual({ order: { events: [] } });
  });

  test("says what is wrong where it is wrong", () => {
    expect(["a..b", ".a", ""].map((path) => wrongInPaths([path]) !== undefined)).toEqual([true, true, true]);
    expect(wrongInPaths(["properties.total"])).toContain("write total");
    expect(wrongInPaths(["products[].price"])).toContain("[]");
    const both = withEvents(withEvents(emptyVocabulary, "order", ["A", "B"]), "refund", ["B"]);
    expect([wrongInRole(both, "order"), wrongInRole(both, "refund"), wrongInRole(both, "signed_up")]).toEqual([expect.stringContaining("“B”"), expect.stringContaining("“B”"), undefined]);
    expect(wrongInRole(withWhere(emptyVocabulary, "click_and_collect", { paths: ["a"], values: [] }), "click_and_collect")).toBe("Name at least one value.");
    const rates = [{ from: "2026-01-01", currency: "EUR", rate: 2 }];
    expect([wrongInMoney({ base: "EU", rates: [] }), wrongInMoney({ base: null, rates }), wrongInMoney({ base: "EUR", rates }), wrongInMoney({ base: "GBP", rates })]).toEqual([expect.any(String), expect.any(String), expect.any(String), undefined]);
    expect([isRight(emptyVocabulary), isRight(both)]).toEqual([true, false]);
  });

  test("keeps one rate for a currency and a day, the newest first", () => {
    const once = withRates({ base: "EUR", rates: [] }, [{ from: "2026-01-01", currency: "USD", rate: 1 }, { from: "2026-02-01", currency: "USD", rate: 2 }, { from: "2025-01-01", currency: "DKK", rate: 3 }]);
    const again = withRates(once, [{ from: "2026-01-01", currency: "USD", rate: 9 }]);
    expect(again.rates.map(({ currency, from, rate }) => `${currency} ${from} ${rate}`)).toEqual(["DKK 2025-01-01 3", "USD 2026-02-01 2", "USD 2026-01-01 9"]);
    expect(withoutRate(again, { from: "2026-02-01", currency: "USD", rate: 0 }).rates).toHaveLength(2);
  });
});

describe("a pasted table of rates", () => {
  test("is read with commas, semicolons or tabs, with and without names above", () => {
    const expected = [{ from: "2026-01-01", currency: "DKK", rate: 0.134 }, { from: "2026-02-01", currency: "SEK", rate: 1 }];
    for (const text of ["2026-01-01,DKK,0.134\n2026-02-01,sek,1", "Day;Currency;Rate\r\n2026-01-01;DKK;0,134\r\n\r\n2026-02-01;SEK;1\r\n", "2026-01-01\tDKK\t0.134\n2026-02-01\tSEK\t1.0", '"2026-01-01", "DKK", "0.134"\n2026-02-01,SEK,1']) expect(ratesFromText(text)).toEqual({ rates: expected, problems: [] });
  });

  test("is kept with nine digits after the point, and what is less than that is refused", () => {
    expect(ratesFromText("2026-01-01,DKK,0.13404825737265416")).toEqual({ rates: [{ from: "2026-01-01", currency: "DKK", rate: 0.134048257 }], problems: [] });
    expect(ratesFromText("2026-01-01,DKK,0.0000000001\n2026-01-01,DKK,100001").problems).toHaveLength(2);
  });

  test("says of each line what is wrong with it, and of many only the first", () => {
    expect(ratesFromText("2026-02-30,DKK,1\n2026-01-01,DK,1\n2026-01-01,DKK,0\n2026-01-01,DKK,0,134\n2026-01-01,DKK,\n1969-12-31,DKK,1").problems).toEqual([
      "Line 1: A day is written as 2026-01-31.", "Line 2: A currency is three letters, such as EUR.", "Line 3: A rate is a number above zero and at most 100,000, such as 0.134.",
      "Line 4: A rate is a number above zero and at most 100,000, such as 0.134.", "Line 5: A rate is a number above zero and at most 100,000, such as 0.134.", "And 1 more line.",
    ]);
  });
});
