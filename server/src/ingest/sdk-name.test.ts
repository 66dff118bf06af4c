// Which SDK sent a request is read from a few bytes, whatever else is in them.
import { expect, test } from "vitest";
import { sdkOf } from "./sdk-name.ts";

const name = (body: string, agent = ""): string => {
  const sdk = sdkOf({ "user-agent": agent }, Buffer.from(body));
  return `${sdk.name} ${sdk.version}`;
};

test.each([
  ["Node", '{"batch":[{"context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"}}}]}', "@segment/analytics-node 3.1.0"],
  ["another order", '{"batch":[{"context":{"library":{"version":"2.1.3","name":"analytics-python"}}}]}', "analytics-python 2.1.3"],
  ["spaces", '{"context": { "library" : { "name" : "mine" } } }', "mine "],
  ["no object", '{"properties":{"library":"city library","name":"Ann"}}', "curl 8.5"],
  ["a name that is no text", '{"context":{"library":{"name":7,"version":"1"}}}', "curl 8.5"],
])("%s", (_, body, expected) => expect(name(body, "curl/8.5 (x)")).toBe(expected));

test("Go says it behind its events, however many there are", () => {
  const events = Array.from({ length: 2_000 }, () => '{"type":"track","event":"a"}').join(",");
  expect(name(`{"batch":[${events}],"context":{"library":{"name":"analytics-go","version":"3.3.0"}}}`, "analytics-go (version: 3.3.0)")).toBe("analytics-go 3.3.0");
});

test("without a library the user agent says it, and all browsers are one", () => {
  expect(sdkOf({ "user-agent": "Mozilla/5.0 (X11; Linux)" }, undefined)).toEqual({ name: "browser", version: "" });
  expect(sdkOf({ "user-agent": "analytics-ruby/2.5.0" }, undefined)).toEqual({ name: "analytics-ruby", version: "2.5.0" });
  expect(sdkOf({}, undefined)).toEqual({ name: "", version: "" });
  expect(sdkOf({ "user-agent": `${"x".repeat(200)}/é\u0001` }, undefined)).toEqual({ name: "x".repeat(60), version: "??" });
});
