// What a kind of alert is. Each is one file in kinds/: its settings, its question to the databases, its judgement, which is pure, and its
// sentences. One more is such a file and a line in alert-kinds.ts.
import type { Pool } from "pg";
import type { z } from "zod";
import type { EventLog } from "../log/log.ts";
import type { Patience, Seen } from "./transition.ts";

export type Facts = Readonly<Record<string, string | number | null>>;
type Params = Readonly<Record<string, string | number | boolean>>;

/** One thing that is watched, as it is now. */
export interface Sight {
  readonly workspaceId: number;
  /** Such as `source:4` or `destination:its-slug`; `''` for the workspace itself. */
  readonly subject: string;
  /** As people call it. */
  readonly name: string;
  /** Its page in the console. */
  readonly link: string;
  readonly facts: Facts;
}

/** What questions are asked with; as the owner of the tables, of all workspaces at once. */
export interface Asking {
  readonly pool: Pool;
  /** Rows of ClickHouse as objects. */
  readonly clickhouse: <Row>(sql: string, params: Readonly<Record<string, unknown>>) => Promise<Row[]>;
  readonly log: Pick<EventLog, "read" | "state">;
  readonly pipelineReader: string;
  readonly nowMs: number;
  /** Since when it is looked without a longer pause. */
  readonly awakeSinceMs: number;
}

export interface AlertKind<P extends Params = Params, F extends Facts = Facts> {
  readonly kind: string;
  /** In a list of rules. */
  readonly name: string;
  readonly what: string;
  /** With a default and a title for each. */
  readonly params: z.ZodType<P>;
  /** What single things may have settings of their own, such as `source`. */
  readonly subjects?: string;
  /** Between two questions, where each look would be too often. */
  readonly everyMs?: number;
  /** A question may keep what it has learnt. */
  asks(): (asking: Asking) => Promise<readonly (Sight & { readonly facts: F })[]>;
  judge(params: P, facts: F, nowMs: number): Seen;
  patience(params: P): Patience;
  /** What is wrong, as a whole sentence with its figures. */
  sentence(name: string, facts: F): string;
  /** That it is over. */
  closed(name: string): string;
}

/** With its own types forgotten: the facts are the ones that its question gave. */
export function defineAlertKind<P extends Params, F extends Facts>(kind: AlertKind<P, F>): AlertKind {
  return kind as unknown as AlertKind;
}

const MINUTE_MS = 60_000;

/** "25 minutes", "3 hours", "2 days". */
export function spanText(minutes: number): string {
  const [count, unit] = minutes < 120 ? [minutes, "minute"] : minutes < 48 * 60 ? [minutes / 60, "hour"] : [minutes / 1_440, "day"];
  const whole = Math.max(1, Math.floor(count));
  return `${whole} ${unit}${whole === 1 ? "" : "s"}`;
}

export const minutesOf = (ms: number): number => Math.max(0, Math.floor(ms / MINUTE_MS));
