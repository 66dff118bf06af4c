// What is typed as origins is checked before it is sent, with the reason for each line.
import { expect, test } from "vitest";
import { sourceCreateBody } from "@tributary/schema/api/workspace.ts";
import { originProblems, originsOf } from "./origins.ts";

test("lines are trimmed, empty ones and a slash at the end left out", () => {
  expect(originsOf(" https://shop.example.com/ \r\n\n*\nhttps://*.example.com")).toEqual(["https://shop.example.com", "*", "https://*.example.com"]);
});

test.each([
  ["shop.example.com", "scheme"], ["ftp://shop.example.com", "scheme"], ["https://shop.example.com/cart", "path"], ["https://shop.example.com?a=1", "path"],
  ["https://shop example.com", "space"], ["https://", "malformed"], [`https://${"x".repeat(300)}`, "tooLong"],
])("%j is refused: %s", (text, problem) => expect(originProblems([text])).toEqual([{ text, problem }]));

test("the same twice, in whatever case, is told once", () => {
  expect(originProblems(["https://a.example.com", "https://A.example.com", "https://b.example.com"])).toEqual([{ text: "https://A.example.com", problem: "twice" }]);
});

test("what is not refused here the API takes", () => {
  const origins = ["*", "http://localhost:5173", "https://*.example.com", "https://münchen.example.com", ...Array.from({ length: 97 }, (_, i) => `https://${i}.example.com`)];
  const refused = new Set(originProblems(origins).map(({ text }) => text));
  expect(refused.size).toBe(1);
  expect(sourceCreateBody.safeParse({ name: "x", allowed_origins: origins.filter((origin) => !refused.has(origin)) }).success).toBe(true);
  expect(sourceCreateBody.safeParse({ name: "x", allowed_origins: origins }).success).toBe(false);
});
