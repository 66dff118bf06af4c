import { expect, test } from "vitest";
import { workspaceSettings } from "@tributary/schema/settings.ts";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import "../../texts/testing.ts";
import { changedRule, changedSettings, draftOf, dueKindOf, isRight, isSame, neverSeen, newRule, removedRule, ruleSentence, withDue, wrongInRule } from "./problems-draft.ts";

const draft = draftOf(defaultWorkspaceSettings);
const [late, ticket] = draft.problems;
if (late === undefined || ticket === undefined) throw new Error("The defaults have rules.");

test("a draft that nobody touched is right and changes nothing", () => {
  expect(isRight(draft)).toBe(true);
  expect(isSame(changedSettings(defaultWorkspaceSettings, draft), defaultWorkspaceSettings)).toBe(true);
});

test("what the draft does not hold stays as it is by then", () => {
  const latest = { ...defaultWorkspaceSettings, phoneCountry: "DK", service: { ...defaultWorkspaceSettings.service, channels: [] } };
  const settings = changedSettings(latest, { ...removedRule(draft, "open_ticket"), references: ["claim_no"] });
  expect(settings.phoneCountry).toBe("DK");
  expect(settings.service.channels).toEqual([]);
  expect(settings.service.orders).toEqual(defaultWorkspaceSettings.service.orders);
  expect(settings.service.problems.map(({ name }) => name)).toEqual(["late_order", "failed_payment"]);
  expect(settings.references).toEqual(["claim_no"]);
});

test("a field that was taken away and came back is no change", () => {
  const back = withDue(withDue(late, "now"), "property");
  expect(isSame(withDue(late, "now"), late)).toBe(false);
  expect(isSame({ ...back, due: { property: "ready_by" } }, late)).toBe(true);
  expect(dueKindOf(withDue(late, "hours"))).toBe("hours");
});

test("a new rule gets a name that is free, and is one that the server takes once it is filled in", () => {
  for (const title of ["Open ticket", "Rückgabe ohne Geld!", "返品", "123", "Promise due"]) {
    const rule = { ...newRule(draft, title), opens: ["Return Sent"], closes: ["Return Refunded"], matchedBy: "return_id" };
    expect([...draft.problems.map(({ name }) => name), "promise_due"]).not.toContain(rule.name);
    expect(wrongInRule(rule)).toEqual({});
    workspaceSettings.parse(changedSettings(defaultWorkspaceSettings, { ...draft, problems: [...draft.problems, rule] }));
  }
  expect(newRule(draft, "Open ticket").name).toBe("open_ticket_2");
  expect(Object.keys(wrongInRule(newRule(draft, "Late return")))).toEqual(["opens", "matchedBy"]);
});

test.each([
  [{ title: " " }, "title"], [{ opens: [] }, "opens"], [{ closes: ["Order Completed"] }, "opens"], [{ matchedBy: "" }, "matchedBy"], [{ due: { property: "" } }, "due"],
  [{ due: { hours: -1 } }, "hours"], [{ due: { hours: 9_000 } }, "hours"], [{ say: "Your {colour} order" }, "say"], [{ facts: [] }, "say"], [{ advice: "{x}" }, "advice"],
])("%j is wrong, at %s", (change, field) => {
  const changed = changedRule(draft, "late_order", change);
  expect(Object.keys(wrongInRule(changed.problems[0] ?? late))).toContain(field);
  expect(isRight(changed)).toBe(false);
});

test("says in a sentence what a rule means", () => {
  expect(ruleSentence(ticket)).toBe("Begins with `Ticket Opened` or `Ticket Reopened`. Ends with `Ticket Solved` or `Ticket Closed` of the same `ticket_id`. It is open at once. `Ticket Replied` adds to it.");
  expect(ruleSentence(late)).toContain("It is open once the time in `ready_by` has passed.");
  expect(ruleSentence({ ...ticket, closes: [], tells: [], due: { hours: 48 } })).toBe("Begins with `Ticket Opened` or `Ticket Reopened`. Nothing ends it. It is open 2 days after it began.");
  expect(ruleSentence({ ...late, due: { property: "ready_by", hours: 1 } })).toContain("It is open 1 hour after the time in `ready_by`.");
});

test("tells which events of a rule have never come", () => {
  expect(neverSeen(ticket, new Set(["Ticket Opened", "Ticket Closed", "Ticket Replied"]))).toEqual(["Ticket Reopened", "Ticket Solved"]);
});
