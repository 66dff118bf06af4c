// Structured logs on standard output, one JSON object a line. No payloads, identifiers or traits are ever logged: what is
// logged as `err` passes describeError, which leaves out every text that may quote a value.
import { pino, type DestinationStream, type Logger } from "pino";
import { describeError } from "./describe-error.ts";

export type { Logger };

/** `destination`: for tests; standard output otherwise. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: ["req.headers.authorization"],
    serializers: { err: describeError, error: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
}
