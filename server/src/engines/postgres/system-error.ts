// The codes of errors from the operating system and from Postgres, read without trusting the type of what was thrown.

/** `ENOENT`, `ECONNREFUSED`, `28P01`, …; undefined when the error carries none. */
export function errorCodeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
