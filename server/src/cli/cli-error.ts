// What the command line says when something failed: what, why, and what to do.
import type { AppError } from "../core/errors.ts";

export class CliError extends Error {
  readonly hint: string;
  /** The API's code, when the server said it; `unreachable` when no server answered. */
  readonly code: string;

  constructor(message: string, options: { hint: string; code?: string; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "CliError";
    this.hint = options.hint;
    this.code = options.code ?? "failed";
  }
}

/** Lines for standard error. */
export function errorText(error: unknown): string {
  if (error instanceof CliError || isAppError(error)) return `tributary: ${error.message}\n  What to do: ${error.hint}\n`;
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  return `tributary: this is a fault of the program.\n${text}\n  What to do: please report it with these lines.\n`;
}

function isAppError(error: unknown): error is AppError {
  return error instanceof Error && error.name === "AppError" && "hint" in error;
}
