// What collection counts for Prometheus. Labelled children are remembered: looking them up by their labels costs more
// than all the rest of a small request.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Route } from "./routes.ts";

export interface IngestMetrics {
  request(kind: Route["kind"], status: number): void;
  accepted(events: number, bytes: number): void;
  appendSeconds(seconds: number): void;
  rejectedKey(reason: string): void;
}

export function createIngestMetrics(registry: Registry, heldBytes: () => number): IngestMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: "tributary_ingest_requests_total", help: "Requests to collection, by kind and status.", labelNames: ["kind", "status"], registers,
  });
  const events = new Counter({ name: "tributary_ingest_events_total", help: "Events acknowledged.", registers });
  const bytesIn = new Counter({ name: "tributary_ingest_bytes_total", help: "Bytes of acknowledged bodies, decompressed.", registers });
  const rejected = new Counter({
    name: "tributary_ingest_rejected_keys_total", help: "Requests turned away for their write key.", labelNames: ["reason"], registers,
  });
  const append = new Histogram({
    name: "tributary_ingest_append_seconds", help: "From a parsed body to its being durable.", registers,
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
  });
  new Gauge({
    name: "tributary_ingest_held_bytes", help: "Bytes of bodies that are being read, decompressed or appended.", registers,
    collect() {
      this.set(heldBytes());
    },
  });
  const children = new Map<string, Counter.Internal>();
  return {
    request(kind, status) {
      const key = `${kind} ${status}`;
      let child = children.get(key);
      if (!child) children.set(key, (child = requests.labels(kind, String(status))));
      child.inc();
    },
    accepted(count, bytes) {
      events.inc(count);
      bytesIn.inc(bytes);
    },
    appendSeconds: (seconds) => append.observe(seconds),
    rejectedKey: (reason) => rejected.inc({ reason }),
  };
}
