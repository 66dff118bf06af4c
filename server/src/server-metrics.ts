// How the server itself is, for Prometheus: its process, and what waits before the pipeline. Counted when it is asked for.
import { performance, type EventLoopUtilization } from "node:perf_hooks";
import type { Pool } from "pg";
import { Counter, Gauge, type Registry } from "prom-client";
import type { PostgresLog } from "./log/postgres-log.ts";
import { readPlaces } from "./readiness.ts";

export interface ServerMetricsOptions {
  readonly registry: Registry;
  readonly pool: Pool;
  readonly log: Pick<PostgresLog, "pressure">;
  /** The pipeline's name as a reader of the log. */
  readonly reader: string;
}

export function createServerMetrics({ registry, pool, log, reader }: ServerMetricsOptions): void {
  const registers = [registry];
  addProcess(registers);
  new Gauge({
    name: "tributary_log_waiting_records", help: "Requests' records that were accepted and are not on disk yet.", registers,
    collect() {
      this.set(log.pressure().records);
    },
  });
  new Gauge({
    name: "tributary_log_waiting_bytes", help: "Bytes of these records.", registers,
    collect() {
      this.set(log.pressure().bytes);
    },
  });
  new Gauge({
    name: "tributary_log_refuses", help: "1 while nothing is taken in for this reason: events that wait for the pipeline, or a disk that is nearly full.", labelNames: ["reason"], registers,
    collect() {
      for (const reason of ["backlog", "disk"]) this.set({ reason }, log.pressure().refusesFor === reason ? 1 : 0);
    },
  });
  new Gauge({
    name: "tributary_log_unread_chunks", help: "Chunks of the event log that the pipeline has not come to.", labelNames: ["partition"], registers,
    async collect() {
      // What can't be counted is left out, and not told as none.
      this.reset();
      for (const { partition, headOffset, readOffset } of await readPlaces(pool, reader).catch(() => [])) {
        this.set({ partition: String(partition) }, Math.max(0, headOffset - readOffset));
      }
    },
  });
}

/** All threads of this process; Postgres and chDB are processes of their own. */
function addProcess(registers: Registry[]): void {
  new Gauge({ name: "process_start_time_seconds", help: "When this process was started.", registers }).set(Math.round(performance.timeOrigin / 1_000));
  new Gauge({
    name: "process_resident_memory_bytes", help: "Memory of this process.", registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Counter({
    name: "process_cpu_seconds_total", help: "Processor time of this process, all threads.", registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  new Gauge({
    name: "tributary_main_thread_utilization", help: "Share of the time since the last scrape in which the thread of the door and the API was at work.", registers,
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, before).utilization);
      before = now;
    },
  });
}
