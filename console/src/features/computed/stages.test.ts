import { describe, expect, test } from "vitest";
import "../../texts/testing.ts";
import { draftOf } from "../audiences/model/draft.ts";
import { draftOfWho, keepWho, writeWho } from "../audiences/model/who.ts";
import { placeProblems, stageId, stagesOf, stagesWithoutCondition, stageWith } from "./stages.ts";

const event = (name: string) => ({ kind: "event", event: name, measure: { of: "count" }, op: "at_least", value: 1 });
const isIn = { kind: "audience", audience: "" };
const stages = (...whens: readonly unknown[]) => ({ kind: "stages", stages: whens.map((when, i) => ({ name: `s${i}`, when })) });
const problem = (path: string, message: string) => ({ path, message, hint: null, messages: { en: message, de: message }, hints: null, character: null });

describe("conditions by themselves", () => {
  test("are written as they were read, one without a group around it", () => {
    for (const who of [event("A"), { not: event("A") }, { all: [event("A"), event("B")] }, { any: [event("A")] }, { at_least: 2, of: [event("A"), event("B"), isIn] }, { all: [] }]) {
      const draft = draftOf({ who });
      expect(draft && writeWho(draft.root).who).toEqual(who);
    }
  });

  test("keep the ids of their rows while they are written again", () => {
    const who = { all: [event("A"), event("B")] };
    const draft = draftOfWho(who);
    expect(draftOfWho(who)).toBe(draft);
    expect(draft && draftOfWho(keepWho({ ...draft, root: { ...draft.root, how: "any" } }))?.root.children).toBe(draft?.root.children);
    expect(draftOfWho("nobody")).toBeUndefined();
  });
});

describe("stages", () => {
  test("stay the same stage while they change, and are none where they can't be read", () => {
    const [first] = stagesOf(stages(event("A"))) ?? [];
    expect(first && stageId(stageWith(first, { name: "other" }))).toBe(first && stageId(first));
    expect(stagesOf({ kind: "stages", stages: "none" })).toBeUndefined();
    expect(stagesOf(stages({ kind: 5 }))).toBeUndefined();
    expect(stagesWithoutCondition(stages({ all: [] }, event("A"), { any: [] }))).toBe(2);
  });

  test("are told what is wrong at the stage, and at the row of its conditions", () => {
    const draft = stages(event("A"), { any: [event("B"), isIn] });
    const [one, two] = stagesOf(draft) ?? [];
    if (one === undefined || two === undefined) throw new Error("Two were given.");
    const { placed, others } = placeProblems([
      problem("/value/stages/0/name", "no name"), problem("/value/stages/1/when/any/1/audience", "`audience` is missing."), problem("/value/stages/0/when/op", "no op"),
      problem("/value/stages", "twice the same"), problem("/value/otherwise", "too long"),
    ], draft);
    expect(others.map(({ message }) => message)).toEqual(["twice the same", "too long"]);
    expect(placed.get(stageId(one))).toMatchObject([{ message: "no name", isWarning: false }]);
    const rowOf = (when: unknown, index: number): string => draftOfWho(when)?.root.children[index]?.id ?? "";
    expect(placed.get(rowOf(one.when, 0))).toMatchObject([{ message: "no op", isWarning: false }]);
    // What nobody has chosen yet is not wrong.
    expect(placed.get(rowOf(two.when, 1))).toMatchObject([{ isWarning: true }]);
    expect(placed.get(rowOf(two.when, 0))).toBeUndefined();
  });
});
