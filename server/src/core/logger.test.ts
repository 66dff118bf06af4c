import { expect, test } from "vitest";
import { AppError, assert } from "./errors.ts";
import { createLogger } from "./logger.ts";

const canary = "canary.7f3a@example.com";

function logged(error: unknown): { readonly text: string; readonly err: Record<string, unknown> } {
  let text = "";
  const logger = createLogger("info", { write: (line: string) => void (text += line) }).child({ role: "process" });
  logger.error({ err: error }, "it failed");
  return { text, err: (JSON.parse(text) as { err: Record<string, unknown> }).err };
}

/** What it throws. */
function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
}

test("an error is told by its class, code and place, not by its message", () => {
  const { text, err } = logged(thrown(() => JSON.parse(`{"email":${canary}`)));
  expect(text).not.toContain("canary");
  expect(err).toMatchObject({ type: "SyntaxError" });
  expect((err["frames"] as string[])[0]).toContain("logger.test.ts");
});

test("fields of engines that quote values are left out, names of the schema stay", () => {
  const postgres = Object.assign(new Error(`duplicate key ${canary}`), {
    name: "error", code: "23505", detail: `Key (value)=(${canary}) already exists.`, where: canary, hint: canary, internalQuery: canary, table: "identifier",
    constraint: "identifier_pkey", severity: "ERROR",
  });
  const { text, err } = logged(postgres);
  expect(text).not.toContain("canary");
  expect(err).toMatchObject({ type: "error", code: "23505", table: "identifier", constraint: "identifier_pkey" });
});

test.each<[string, unknown]>([
  ["a message whose lines look like places", new Error(`bad\n    at ${canary} (/x.ts:1:1)\n    at (/${canary}:1:1)`)],
  ["a code that is no code", Object.assign(new Error("x"), { code: `Key ${canary}` })],
  ["a cause", new Error("x", { cause: new Error(canary, { cause: canary }) })],
  ["several errors at once", new AggregateError([new Error(canary), canary], canary)],
  ["a text thrown", canary],
  ["an object thrown", { message: canary }],
  ["a refusal that repeats what was asked", new AppError("bad_request", { detail: canary })],
])("%s tells no value", (_, error) => {
  expect(logged(error).text).not.toContain("canary");
});

test("our own failures keep their message, and causes without end are cut", () => {
  expect(logged(new AppError("engine_failed", { detail: "No room is left." })).err["message"]).toContain("No room is left.");
  expect(logged(thrown(() => assert(false, "a chunk has a header"))).err["message"]).toContain("a chunk has a header");
  const endless = new Error("x");
  endless.cause = endless;
  expect(logged(endless).err["type"]).toBe("Error");
});
