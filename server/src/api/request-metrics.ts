// How long the API's answers take, by route (its pattern, never the address asked for), method and status.
import { Histogram, type Registry } from "prom-client";

export function requestTimer(registry: Registry): (method: string, route: string | undefined, status: number, elapsedMs: number) => void {
  const name = "tributary_api_request_seconds";
  const known = registry.getSingleMetric(name);
  const histogram =
    known instanceof Histogram
      ? known
      : new Histogram({
          name,
          help: "Time to answer an API request.",
          labelNames: ["route", "method", "status"],
          registers: [registry],
          buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10],
        });
  return (method, route, status, elapsedMs) => histogram.observe({ route: route ?? "none", method, status }, elapsedMs / 1000);
}
