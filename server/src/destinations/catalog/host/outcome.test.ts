// What destinations throw and tell, and what it means for each item: the table of cases.
import { expect, test } from "vitest";
import { outcomeOfError, outcomesOfBatch, type Wire } from "./outcome.ts";

const none: Wire = { kind: "none" };
const replied = (status: number, retryAfter?: string, said = ""): Wire => ({ kind: "reply", status, retryAfter, said });
const failed = (failure: string): Wire => ({ kind: "failure", failure, message: "no reply" });
const thrown = (name: string, more: object = {}): Error => Object.assign(new Error("said"), { name }, more);
const reading = (wire: Wire) => ({ wire, nowMs: Date.parse("2026-11-20T10:00:00Z"), clean: (text: string) => text });
const http = (status: number): Error => thrown("HTTPError", { response: { status } });

test.each<[string, unknown, Wire, object]>([
  ["a payload that the action does not take", thrown("AggregateAjvError"), none, { kind: "refused", code: "payload", status: 400 }],
  ["a payload that its code does not take", thrown("PayloadValidationError", { status: 400 }), none, { kind: "refused", code: "payload" }],
  ["no membership in the event", thrown("InvalidAudienceMembershipError", { status: 400 }), none, { kind: "refused", code: "payload" }],
  ["400", http(400), replied(400), { kind: "refused", code: "http_400", status: 400 }],
  ["403", http(403), replied(403), { kind: "refused", code: "http_403", status: 403 }],
  ["401", http(401), replied(401), { kind: "unauthorized", status: 401 }],
  ["408", http(408), replied(408), { kind: "retry", status: 408, isOfDestination: false }],
  ["423", http(423), replied(423), { kind: "retry", status: 423, isOfDestination: false }],
  ["429", http(429), replied(429, "12"), { kind: "retry", status: 429, afterMs: 12_000, isOfDestination: true }],
  ["429 with a date", http(429), replied(429, "Fri, 20 Nov 2026 10:01:00 GMT"), { kind: "retry", afterMs: 60_000 }],
  ["500", http(500), replied(500), { kind: "retry", status: 500, isOfDestination: false }],
  ["501", http(501), replied(501), { kind: "refused", status: 501 }],
  ["503", http(503), replied(503), { kind: "retry", status: 503, isOfDestination: true }],
  ["a redirect, which is not followed", http(302), replied(302), { kind: "refused", code: "http_302" }],
  ["its word to try again", thrown("RetryableError", { status: 500 }), none, { kind: "retry", status: 500, isOfDestination: false }],
  ["its own time-out", thrown("TimeoutError", { code: "ETIMEDOUT" }), none, { kind: "retry", code: "timeout", isOfDestination: true }],
  ["its own no to the key", thrown("InvalidAuthenticationError", { status: 401 }), none, { kind: "unauthorized", status: 401 }],
  ["a bug of its own after a 503", thrown("TypeError"), replied(503), { kind: "retry", status: 503, isOfDestination: true }],
  ["a bug of its own after a 404", thrown("TypeError"), replied(404), { kind: "refused", code: "http_404" }],
  ["a bug of its own after a 200", thrown("TypeError"), replied(200), { kind: "refused", code: "destination_failed", status: 200 }],
  ["a bug of its own before anything", thrown("TypeError"), none, { kind: "refused", code: "destination_failed" }],
  ["400 in its words, 503 on the wire", thrown("IntegrationError", { status: 400 }), replied(503), { kind: "retry", status: 503 }],
  ["400 in its words, 401 on the wire", thrown("IntegrationError", { status: 400 }), replied(401), { kind: "unauthorized" }],
  ["no such host", thrown("Error"), failed("no_such_host"), { kind: "retry", code: "no_such_host", isOfDestination: true }],
  ["no answer", thrown("Error"), failed("timeout"), { kind: "retry", code: "timeout", isOfDestination: true }],
  ["an address that may not be reached", thrown("Error"), failed("address_refused"), { kind: "refused", code: "address_refused" }],
  ["a reply that is too large", thrown("Error"), failed("reply_too_large"), { kind: "retry", isOfDestination: false }],
  ["a socket that broke", thrown("Error", { code: "ECONNRESET" }), none, { kind: "retry", code: "connection_failed" }],
  ["something that is no error", "a text", none, { kind: "refused", code: "destination_failed" }],
])("%s", (_name, error, wire, outcome) => {
  expect(outcomeOfError(error, reading(wire))).toMatchObject(outcome);
});

const vendorSays = replied(400, undefined, "total must be a number");

test.each([
  ["Bad Request", "Bad Request: total must be a number"], ["HTTP 400: Bad Request.", "HTTP 400: Bad Request: total must be a number"], ["", "It answered 400: total must be a number"],
  ["Request failed with status code 400", "Request failed with status code 400: total must be a number"], ["total: 5 is wrong", "total: 5 is wrong"], ["Bad Request: no total", "Bad Request: no total"],
])("a refusal in the words “%s” is told as “%s”", (message, detail) => {
  expect(outcomeOfError(Object.assign(new Error(message), { name: "HTTPError", response: { status: 400 } }), reading(vendorSays))).toMatchObject({ kind: "refused", code: "http_400", detail });
  expect(outcomesOfBatch([{ status: 400, errormessage: message }], 1, reading(vendorSays))).toMatchObject([{ detail }]);
});

test("what was said of another reply is not said of this one", () => {
  expect(outcomeOfError(http(422), reading(vendorSays))).toMatchObject({ detail: "said" });
  expect(outcomesOfBatch([{ status: 422, errormessage: "Unprocessable Entity" }], 1, reading(vendorSays))).toMatchObject([{ detail: "Unprocessable Entity" }]);
  expect(outcomesOfBatch([{ status: 500, errormessage: missing }], 1, reading(vendorSays))).toMatchObject([{ detail: "It answered 400: total must be a number" }]);
});

const missing = "MultiStatusResponse is missing a response at the specified index";

test("each item of a batch has its own outcome", () => {
  const outcomes = outcomesOfBatch([
    { status: 200 }, { status: 400, errortype: "PAYLOAD_VALIDATION_FAILED", errormessage: "no e-mail" }, { status: 429, errortype: "RETRYABLE_BATCH_FAILURE" }, { status: 422, errormessage: "no" },
  ], 4, reading(replied(207)));
  expect(outcomes).toMatchObject([
    { kind: "delivered", status: 200 }, { kind: "refused", code: "payload" }, { kind: "retry", status: 429, isOfDestination: false }, { kind: "refused", code: "http_422" },
  ]);
});

test("items that the destination says nothing of are read by the wire", () => {
  expect(outcomesOfBatch([{ status: 500, errormessage: missing }, undefined], 2, reading(replied(429)))).toMatchObject([{ kind: "retry", status: 429 }, { kind: "retry", status: 429 }]);
  expect(outcomesOfBatch([{ status: 500, errormessage: missing }], 1, reading(replied(403)))).toMatchObject([{ kind: "refused", status: 403 }]);
  expect(outcomesOfBatch([{ status: 500, errormessage: missing }], 1, reading(failed("timeout")))).toMatchObject([{ kind: "retry", code: "timeout" }]);
  // Sent once, and taken as a whole: sending it again could be twice.
  expect(outcomesOfBatch([{ status: 500, errormessage: missing }], 1, reading(replied(200)))).toMatchObject([{ kind: "refused", code: "not_told" }]);
});

test("what it tells as our mistake is the wire's, when nothing came back", () => {
  expect(outcomesOfBatch([{ status: 400, errortype: "BAD_REQUEST" }], 1, reading(failed("timeout")))).toMatchObject([{ kind: "retry", code: "timeout" }]);
  expect(outcomesOfBatch([{ status: 200 }], 1, reading(failed("timeout")))).toMatchObject([{ kind: "delivered" }]);
});

test("a whole batch that may not be sent is a matter of the key, a single item is not", () => {
  const no = { status: 403, errormessage: "forbidden" };
  expect(outcomesOfBatch([no, no], 2, reading(replied(403))).map(({ kind }) => kind)).toEqual(["unauthorized", "unauthorized"]);
  expect(outcomesOfBatch([no, { status: 200 }], 2, reading(replied(207))).map(({ kind }) => kind)).toEqual(["refused", "delivered"]);
});
