import { describe, expect, test } from "vitest";
import { defaultServiceSettings } from "@tributary/schema/service-settings.ts";
import { createShop, storiesOf } from "../demo/demo.ts";
import { deskStateOf, type DeskRow } from "./desk-state.ts";
import { openProblems, ordersOf } from "./open-problems.ts";

const NOW = Date.UTC(2026, 2, 10, 12);
const HOUR = 3_600_000;
let row = 0;
const said = (event: string, hoursAgo: number, properties: Record<string, unknown>, sourceId = 1): DeskRow => ({
  rowId: ++row, event, atMs: NOW - hoursAgo * HOUR, sourceId, properties,
});
const problems = (rows: readonly DeskRow[], nowMs = NOW) => openProblems(rows, defaultServiceSettings, deskStateOf(rows, 9).promises, nowMs);
const at = (hoursAgo: number) => new Date(NOW - hoursAgo * HOUR).toISOString();

describe("what is open about a person", () => {
  test("an order is late once its time has passed, until it is ready; one without a time never is", () => {
    const order = said("Order Completed", 30, { order_id: "W1", ready_by: at(2), store: "Camden" });
    expect(problems([order], NOW - 3 * HOUR)).toEqual([]);
    expect(problems([order, said("Order Completed", 30, { order_id: "W2" })])).toMatchObject([
      { name: "late_order", reference: "W1", due_at: at(2), row_id: order.rowId, facts: { store: "Camden" }, advice: "Ask the store (Camden) for it, then promise a call with a time." },
    ]);
    expect(problems([order, said("Order Ready for Pickup", 1, { order_id: "W2" })])).toHaveLength(1);
    expect(problems([order, said("Order Ready for Pickup", 1, { order_id: "W1" })])).toEqual([]);
  });

  test("what is told later is shown, and a time that moves counts", () => {
    const order = said("Order Completed", 30, { order_id: 7, ready_by: at(2) });
    expect(problems([order, said("Order Delayed", 1, { order_id: 7, reason: "stock not found", ready_by: at(-5) })])).toEqual([]);
    expect(problems([order, said("Order Delayed", 1, { order_id: 7, reason: "stock not found" })])[0]?.facts).toMatchObject({ reason: "stock not found" });
  });

  test("a case that is opened again is open; a sentence about something unknown is left out", () => {
    const opened = said("Ticket Opened", 9, { ticket_id: "T1", subject: "Where is it?" });
    const closed = [opened, said("Ticket Solved", 8, { ticket_id: "T1" })];
    expect(problems(closed)).toEqual([]);
    expect(problems([...closed, said("Ticket Reopened", 1, { ticket_id: "T1" })])).toMatchObject([{ since: at(1) }]);
    expect(problems([said("Payment Failed", 1, { subscription_id: "s" })])[0]?.say).toBe("Your last payment did not go through.");
  });

  test("a promise counts from the console alone, is a problem once due, and none once kept; the longest due comes first", () => {
    const promise = (id: string, due: string, sourceId: number) =>
      said("Promise Made", 5, { promise_id: id, text: "call back", due_at: due, author_id: "account:1", author_name: "Kim" }, sourceId);
    const rows = [said("Ticket Opened", 1, { ticket_id: "T" }), promise("a", at(3), 9), promise("b", at(-3), 9), promise("forged", at(3), 1)];
    expect(problems(rows).map(({ name, reference }) => [name, reference])).toEqual([["promise_due", "a"], ["open_ticket", "T"]]);
    expect(problems([...rows, said("Promise Kept", 0, { promise_id: "a" }, 9)]).map(({ name }) => name)).toEqual(["open_ticket"]);
    expect(problems([...rows, said("Promise Kept", 0, { promise_id: "a" }, 1)])).toHaveLength(2);
  });

  test("the caller of the demo shop: the late order first, then the ticket of the call", () => {
    const shop = createShop({ seed: "desk", people: 20, fromMs: NOW - 30 * 24 * HOUR, untilMs: NOW });
    const story = storiesOf(shop.plan).lateOrder;
    const rows = [...shop.history()]
      .filter(({ truth, event }) => truth.person === story.caller.index && typeof event["event"] === "string")
      .map(({ event, atMs }) => ({ rowId: ++row, event: String(event["event"]), atMs, sourceId: 1, properties: event["properties"] as Record<string, unknown> }));
    const open = problems(rows).filter(({ reference }) => [story.orderId, story.ticketId].includes(reference));
    expect(open.map(({ name, reference }) => [name, reference])).toEqual([["late_order", story.orderId], ["open_ticket", story.ticketId]]);
    expect(open[0]?.facts).toMatchObject({ store: story.store, reason: "stock not found" });
    expect(ordersOf(rows, defaultServiceSettings.orders, 20)).toContainEqual(expect.objectContaining({ reference: story.orderId, state: "Order Delayed" }));
  });
});
