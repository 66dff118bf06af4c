import { expect, test } from "vitest";
import type { TimelineEvent } from "@tributary/schema/api/profiles.ts";
import "../../texts/testing.ts";
import { summaryOf } from "./event-summary.ts";

const event: TimelineEvent = {
  row_id: 1, message_id: "m-1", type: "track", event: "Order Completed", at: "2026-11-22T10:00:00.000Z", received_at: "2026-11-22T10:00:00.000Z", source_id: 1, page_url: "",
  device_type: "", is_historical: false, properties: { order_id: "W-1", total: 80, currency: "EUR", author_name: "Ann" },
};
const byHand = (properties: TimelineEvent["properties"]): string => summaryOf({ ...event, type: "control", properties });

test("an event says its first few values, a page where it was", () => {
  expect(summaryOf(event)).toBe("order_id: W-1   total: 80   currency: EUR");
  expect(summaryOf({ ...event, type: "page", page_url: "https://shop.example.com/", properties: { name: "Home" } })).toBe("Home https://shop.example.com/");
});

test("what was recorded by hand says what it is and by whom, and no ids", () => {
  const author = { author_id: "account:1", author_name: "Kim" };
  expect(summaryOf({ ...event, message_id: "console-1", event: "Promise Made", properties: { promise_id: "p-1", text: "Call back", due_at: "2026-11-22T12:00:00.000Z", ...author } })).toBe("Call back   by Kim");
  expect(byHand({ traits: { city: "Skagen", phone: null }, previous: { city: "Aarhus" }, ...author })).toBe("city: Skagen   phone: removed   by Kim");
  expect(byHand({ categories: { email_marketing: true, sms_marketing: false }, atMs: 1, ...author })).toBe("email_marketing: granted   sms_marketing: denied   by Kim");
});

test("an event of the same name from elsewhere is no record of ours", () => {
  expect(summaryOf({ ...event, event: "Promise Made", properties: { text: "Call back", author_name: "Kim" } })).toBe("text: Call back   author_name: Kim");
});
