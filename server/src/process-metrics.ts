// The pipeline's figures for Prometheus, from what the process thread tells.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { RefusedCounts } from "./readiness.ts";
import type { FromProcessThread } from "./process-thread.ts";

export function createProcessMetrics(registry: Registry): { record(message: FromProcessThread): void } {
  const registers = [registry];
  const events = new Counter({ name: "tributary_pipeline_events_total", help: "Events decided, by outcome.", labelNames: ["outcome"], registers });
  const batches = new Histogram({
    name: "tributary_pipeline_batch_seconds", help: "From reading a batch to its commit.", buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5], registers,
  });
  const freshness = new Histogram({
    name: "tributary_pipeline_freshness_seconds", help: "Age of a batch's oldest event at its commit: received to visible in profiles.",
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300], registers,
  });
  const blocks = new Gauge({ name: "tributary_outbox_blocks", help: "Finished blocks that wait for ClickHouse.", registers });
  const bytes = new Gauge({ name: "tributary_outbox_bytes", help: "Bytes of finished blocks that wait for ClickHouse.", registers });
  const days = new Gauge({ name: "tributary_dedupe_window_days", help: "Days of message ids in force for removing duplicates.", registers });
  const ids = new Gauge({ name: "tributary_dedupe_ids", help: "Message ids held for removing duplicates.", registers });
  return {
    record(message) {
      switch (message.kind) {
        case "progress":
          for (const [outcome, count] of Object.entries(message.outcomes)) events.inc({ outcome }, count);
          batches.observe(message.tookMs / 1000);
          // Of history alone there is nothing to tell.
          if (message.waits.size > 0) freshness.observe(message.oldestAgeMs / 1000);
          return;
        case "state":
          blocks.set(message.waitingBlocks);
          bytes.set(message.waitingBytes);
          days.set(message.dedupeDays);
          return ids.set(message.dedupeIds);
        case "ready":
        case "held":
        case "stopped":
          return;
      }
    },
  };
}

/** What ClickHouse refused and nobody has dealt with; counted when it is asked for. */
export function createRefusedMetric(registry: Registry, count: () => Promise<RefusedCounts>): void {
  new Gauge({
    name: "tributary_refused_writes", help: "Rows and statements that ClickHouse refused for good and nobody has sent again or discarded.",
    labelNames: ["kind"], registers: [registry],
    async collect() {
      // A database that does not answer is told of elsewhere; the other figures are given all the same, and this one not as if it were true.
      const counts = await count().catch(() => undefined);
      this.reset();
      if (!counts) return;
      this.set({ kind: "row" }, counts.rows);
      this.set({ kind: "statement" }, counts.statements);
    },
  });
}
