// When a schedule runs next. What was missed while nothing ran is run once; a clock that was put back does not put off what is due by it.
import { Cron } from "croner";
import type { ModelSchedule } from "@tributary/schema/model.ts";

const MINUTE_MS = 60_000;

/** Why a cron text can't be read; undefined: it can. */
export function cronProblem(cron: string): string | undefined {
  if (cron.trim().split(/\s+/).length !== 5) return "It has five fields: minute, hour, day of the month, month, day of the week.";
  try {
    const next = new Cron(cron, { timezone: "UTC" }).nextRun(new Date(Date.UTC(2026, 0, 1)));
    return next === null ? "There is no such time." : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The first time after `afterMs`; undefined: never, or not by the clock. */
export function nextTime(schedule: ModelSchedule, afterMs: number): number | undefined {
  if ("everyMinutes" in schedule) return afterMs + schedule.everyMinutes * MINUTE_MS;
  if ("cron" in schedule) return new Cron(schedule.cron, { timezone: schedule.zone }).nextRun(new Date(afterMs))?.getTime();
  return undefined;
}

export interface Due {
  /** It is to run now. */
  readonly isDue: boolean;
  readonly nextMs: number | undefined;
}

/** `dueMs`: as it was worked out before; undefined: never yet. */
export function dueNow(schedule: ModelSchedule, dueMs: number | undefined, nowMs: number): Due {
  const next = nextTime(schedule, nowMs);
  if (next === undefined) return { isDue: false, nextMs: undefined };
  if (dueMs === undefined || dueMs > next) return { isDue: false, nextMs: next };
  if (dueMs > nowMs) return { isDue: false, nextMs: dueMs };
  // Intervals keep their beat, however late a run begins.
  const beat = "everyMinutes" in schedule ? schedule.everyMinutes * MINUTE_MS : undefined;
  return { isDue: true, nextMs: beat === undefined ? next : dueMs + beat * (Math.floor((nowMs - dueMs) / beat) + 1) };
}
