// What is wrong with a definition is said in both languages: everything that the grammar can say by itself has its German.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkComputed } from "./computed-references.ts";
import { definition } from "./definition.ts";
import { saidByGrammar } from "./problem.ts";
import { problemsOf, type Problem } from "./problems.ts";
import type { Surroundings } from "./references.ts";

const nobody: Surroundings = { words: { roles: {} } as Surroundings["words"], audience: () => undefined, computed: () => undefined, hasList: () => false };
const event = (more: object) => ({ kind: "event", event: "A", op: "at_least", value: 1, ...more });

function wrongWith(who: unknown): Problem[] {
  const given = { who };
  const { error } = definition.safeParse(given);
  return problemsOf(error?.issues ?? [], given);
}

/** A German sentence has its own words; what is quoted or listed is the same in each language. */
const wordsOf = (text: string): string => text.replaceAll(/`[^`]*`|"[^"]*"|[[{(].*?[\]})]|: .*$/g, "").trim();

describe("what is wrong with a definition", () => {
  test.each<readonly [string, unknown]>([
    ["nothing there", undefined], ["a text", "everybody"], ["no kind", { event: "A" }], ["an unknown kind", { kind: "horoscope" }], ["two groups", { all: [], any: [] }], ["a group that is no list", { all: 5 }],
    ["a group with more", { any: [], least: 3 }], ["at least none", { at_least: 0, of: [] }], ["a missing part", { kind: "event" }], ["another kind of part", event({ value: "many" })], ["a part too many", event({ colour: "red" })],
    ["a word that is none", event({ op: "roughly" })], ["a window that is none", event({ within: { last: 5, unit: "moon" } })], ["too long", event({ event: "x".repeat(600) })], ["a count too great", event({ value: 1e6 })],
    ["an end before the beginning", { kind: "share", salt: "x", from: 50, to: 10 }], ["not one of them", { kind: "first_of", audiences: ["a", "b"], is: "c" }], ["too many in a group", { all: Array.from({ length: 101 }, () => event({})) }],
    ["too many", { all: [0, 1].map(() => ({ any: Array.from({ length: 60 }, () => event({})) })) }], ["too deep", Array.from({ length: 14 }).reduce((inner) => ({ all: [inner] }), event({}))],
  ])("is said in both languages: %s", (_what, who) => {
    const problems = wrongWith(who);
    expect(problems.length).toBeGreaterThan(0);
    for (const { message, hint, messages, hints } of problems) {
      expect({ message, hint }).toEqual({ message: messages.en, hint: hints?.en ?? null });
      expect(wordsOf(messages.de), messages.de).not.toBe(wordsOf(messages.en));
      if (hints !== null) expect(hints.de).not.toBe(hints.en);
    }
  });

  test("is said of formulas and of kinds of computed traits, too", () => {
    const said = (value: unknown): Problem | undefined => checkComputed({ value }, undefined, nobody).problems[0];
    expect(said({ kind: "formula", formula: "1 + * 2" })?.messages).toEqual({ en: expect.stringContaining("Character 5: expected"), de: expect.stringContaining("Zeichen 5: erwartet eine Zahl") });
    expect(said({ kind: "mood" })?.messages.de).toBe('Es gibt keine Art von berechnetem Merkmal "mood".');
    expect(said({ kind: "formula", formula: "computed(nowhere)" })?.messages.de).toBe("Es gibt kein berechnetes Merkmal `nowhere`.");
  });

  test("has the German of every sentence that stands in a schema of conditions", () => {
    const read = (folder: string): string[] => readdirSync(new URL(folder, import.meta.url)).filter((name) => name.endsWith(".ts") && !name.includes(".test")).map((name) => readFileSync(new URL(`${folder}${name}`, import.meta.url), "utf8"));
    const grammar = [...read("./kinds/"), ...read("./computed/"), ...["window.ts", "measure.ts", "value-test.ts", "event-filter.ts"].map((name) => readFileSync(new URL(`./${name}`, import.meta.url), "utf8"))].join("\n");
    const written = [...grammar.matchAll(/(?:message: |refine\(.*?, |issue\("\w+", )"([A-Z][^"]+\.)"/g)].map((found) => found[1] ?? "");
    expect(written.length).toBeGreaterThan(9);
    expect(written.filter((text) => saidByGrammar(text, undefined).de === text)).toEqual([]);
  });
});
