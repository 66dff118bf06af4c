// What may be logged of an error. Messages of engines, parsers and libraries quote values (Postgres' `detail`, ClickHouse's
// refusals, a SyntaxError's text), so an error is told by its class, its code and where it was thrown; the message stands
// only where it is one of ours that says nothing about a request.
import { AppError } from "./errors.ts";

const FRAMES_MAX = 12;
const CAUSES_MAX = 5;

/** Postgres: names of the schema, never values. */
const schemaFields = ["schema", "table", "column", "constraint", "dataType", "routine", "severity"] as const;

export type ErrorDescription = Readonly<Record<string, unknown>>;

/** Class, code, safe message, stack frames and causes; for `undefined` and what is no error, its type alone. */
export function describeError(error: unknown): ErrorDescription {
  return described(error, 0);
}

function described(error: unknown, depth: number): ErrorDescription {
  if (!(error instanceof Error)) return { type: error === null ? "null" : typeof error };
  const fields: Record<string, unknown> = { type: error.name === "Error" ? error.constructor.name : error.name };
  // ClickHouse: its own name for the code.
  if ("type" in error) fields["codeName"] = word(error.type);
  if ("code" in error) fields["code"] = word(error.code);
  if ("syscall" in error) fields["syscall"] = word(error.syscall);
  for (const name of schemaFields) {
    const value: unknown = Reflect.get(error, name);
    if (value !== undefined) fields[name] = word(value);
  }
  if (isSafeMessage(error)) fields["message"] = error.message;
  fields["frames"] = framesOf(error);
  if (depth >= CAUSES_MAX) return fields;
  if (error.cause !== undefined) fields["cause"] = described(error.cause, depth + 1);
  if (error instanceof AggregateError) fields["errors"] = error.errors.slice(0, CAUSES_MAX).map((one) => described(one, depth + 1));
  return fields;
}

/** Refusals below 500 are answers to a request and may repeat what was in it. */
function isSafeMessage(error: Error): boolean {
  return error instanceof AppError ? error.status >= 500 : error.message.startsWith("Assertion failed: ");
}

/** A name or number as engines give them; anything else is no code. */
function word(value: unknown): string | undefined {
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  return /^[\w.-]{1,100}$/.test(text) ? text : undefined;
}

/** Lines that name a place in code. The message, which begins the stack, is cut off first: it may have lines that look alike. */
function framesOf(error: Error): string[] {
  const stack = error.stack ?? "";
  const at = error.message === "" ? -1 : stack.indexOf(error.message);
  const rest = at < 0 ? stack : stack.slice(at + error.message.length);
  return rest.split("\n").map((line) => line.trim())
    .filter((line) => /^at (?:[\w.$<>[\]# ]+ )?\(?(?:file:\/\/|node:|\/)[^()]*:\d+:\d+\)?$/.test(line))
    .slice(0, FRAMES_MAX);
}
