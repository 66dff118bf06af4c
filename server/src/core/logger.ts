// Structured logs on standard output, one JSON object a line. No payloads, identifiers or traits are ever logged.
import { pino, type Logger } from "pino";

export type { Logger };

export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: ["req.headers.authorization"] });
}
