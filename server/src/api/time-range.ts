// A span of time as the ledger's questions name it: whole steps, up to the end of the running one, so that "now" is in it.
import { AppError } from "../core/errors.ts";

const DAY_MS = 86_400_000;

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The last day when nothing is named. Throws `bad_request` when nothing lies between the two. */
export function timeRangeOf(query: { readonly from?: string | undefined; readonly to?: string | undefined }, stepMs: number, nowMs: number): TimeRange {
  const toMs = Math.ceil((query.to === undefined ? nowMs + 1 : Date.parse(query.to)) / stepMs) * stepMs;
  const fromMs = Math.floor((query.from === undefined ? toMs - DAY_MS : Date.parse(query.from)) / stepMs) * stepMs;
  if (fromMs >= toMs) throw new AppError("bad_request", { detail: "query.from: It must be before `to`." });
  return { fromMs, toMs };
}
