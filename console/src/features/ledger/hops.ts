// The ledger's answer as the strip on Home: one entry for each hop, with what left the way there. Sums over the sources
// that send events; the workspace's own changes are not counted among them.
import type { Ledger, LedgerSource } from "@tributary/schema/api/events.ts";

export type SideKind = "held" | "duplicate" | "dropped" | "withdrawn" | "failed" | "toDecide" | "toLand";

export interface Side {
  readonly kind: SideKind;
  readonly count: number;
}

export interface Hops {
  readonly received: number;
  readonly accepted: number;
  readonly stored: number;
  /** What did not go on from here, without zeroes. */
  readonly afterReceived: readonly Side[];
  readonly afterAccepted: readonly Side[];
  readonly held: number;
  readonly failed: number;
  readonly waiting: number;
  readonly balanced: boolean;
}

type Counts = LedgerSource["decisions"];

const sideOf: Readonly<Record<string, SideKind>> = { quarantined: "held", duplicate: "duplicate", dropped: "dropped", withdrawn: "withdrawn" };

export function eventSources(ledger: Ledger): readonly LedgerSource[] {
  return ledger.sources.filter((source) => source.source_id > 0);
}

export function hopsOf(sources: readonly LedgerSource[]): Hops {
  const sum = (of: (source: LedgerSource) => number) => sources.reduce((total, source) => total + of(source), 0);
  const decided = (outcome: string) => sum((source) => countOf(source.decisions, outcome));
  const failed = sum((source) => source.failed);
  const toDecide = sum((source) => source.waiting_to_be_decided);
  const toLand = sum((source) => source.waiting_to_land);
  const others = Object.entries(sideOf).map(([outcome, kind]) => ({ kind, count: decided(outcome) }));
  return {
    received: sum((source) => source.received),
    accepted: decided("stored"),
    stored: sum((source) => countOf(source.landings, "stored")),
    afterReceived: [...others, { kind: "toDecide" as const, count: toDecide }].filter((side) => side.count > 0),
    afterAccepted: [{ kind: "failed" as const, count: failed }, { kind: "toLand" as const, count: toLand }].filter((side) => side.count > 0),
    held: decided("quarantined"),
    failed,
    waiting: toDecide + toLand,
    balanced: sources.every((source) => source.balanced),
  };
}

function countOf(counts: Counts, outcome: string): number {
  return counts.reduce((total, row) => (row.outcome === outcome ? total + row.count : total), 0);
}

export type Status = "quiet" | "well" | "held" | "behind" | "failed" | "unbalanced";

/** The worst that is true. Waiting counts from where it is more than a moment's work. */
export function statusOf(hops: Hops): Status {
  if (!hops.balanced) return "unbalanced";
  if (hops.failed > 0) return "failed";
  if (hops.waiting > BEHIND_FROM) return "behind";
  if (hops.held > 0) return "held";
  return hops.received === 0 ? "quiet" : "well";
}

const BEHIND_FROM = 5_000;

export type SourceHealth = "off" | "quiet" | "well" | "held" | "failed" | "unbalanced";

export function healthOf(isEnabled: boolean, hops: Hops): SourceHealth {
  if (!isEnabled) return "off";
  const status = statusOf(hops);
  return status === "behind" ? "well" : status;
}
