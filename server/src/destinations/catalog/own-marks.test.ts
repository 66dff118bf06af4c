// Whose name stands in what leaves: ours where the package puts Segment's, and never a change to what events say.
import { expect, test } from "vitest";
import { own } from "./own-marks.ts";

const body = (slug: string, value: unknown): unknown => {
  const text = own.body(slug, Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));
  return text === undefined ? undefined : text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) as unknown : text;
};

test("the places that the package fills say our name, in the spelling of what stood there", () => {
  expect(body("mixpanel", [{ properties: { $source: "segment", mp_lib: "Segment Actions: analytics.js" } }])).toEqual([{ properties: { $source: "tributary", mp_lib: "Tributary: analytics.js" } }]);
  expect(body("tiktok-conversions", { partner_name: "Segment" })).toEqual({ partner_name: "Tributary" });
  expect(body("reddit-conversions-api", { partner: "SEGMENT" })).toEqual({ partner: "TRIBUTARY" });
  expect(body("amplitude", `api_key=k&identification=${encodeURIComponent(JSON.stringify({ user_id: "u", library: "segment" }))}`)).toContain("tributary");
});

test("what an event says stays as it is, also where it says Segment", () => {
  expect(body("mixpanel", [{ properties: { source: "segment", $source: "my segment of the market" } }])).toBeUndefined();
  expect(body("webhook", { source: "segment", library: "segment" })).toBeUndefined();
  expect(body("mixpanel", "no JSON, though it says segment")).toBeUndefined();
});

test("the user agent is ours, and a vendor's own headers stay", () => {
  expect(own.header("user-agent", "Segment (Actions)")).toBe("Tributary");
  expect(own.header("x-source", "Segment")).toBe("Tributary");
  expect(own.header("authorization", "Bearer segment")).toBe("Bearer segment");
});
