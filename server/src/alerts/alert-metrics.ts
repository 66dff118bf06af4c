// What monitoring asks: how many alerts are open, what waits to be told, and whether somebody looks at all.
import type { Pool } from "pg";
import { Gauge, type Registry } from "prom-client";
import { alertKinds } from "./alert-kinds.ts";

/** Counted when they are asked for. What can't be counted is left out, and not told as none. */
export function createAlertMetrics(registry: Registry, pool: Pool): void {
  const registers = [registry];
  new Gauge({
    name: "tributary_alerts_open", help: "Alerts that are not closed, by kind, of all workspaces.", labelNames: ["kind"], registers,
    async collect() {
      this.reset();
      const found = await pool.query<{ kind: string; count: number }>("select kind, count(*)::integer as count from alert where status <> 'closed' group by 1").catch(() => undefined);
      if (!found) return;
      for (const { kind } of alertKinds) this.set({ kind }, found.rows.find((row) => row.kind === kind)?.count ?? 0);
    },
  });
  new Gauge({
    name: "tributary_alert_tellings_waiting", help: "Tellings of alerts that no channel has taken yet.", registers,
    async collect() {
      this.reset();
      const found = await pool.query<{ count: number }>("select count(*)::integer as count from alert_notification where status = 'waiting'").catch(() => undefined);
      if (found) this.set(found.rows[0]?.count ?? 0);
    },
  });
  new Gauge({
    name: "tributary_alerts_looked_timestamp_seconds", help: "When it was looked last whether there is reason for an alert, by any process.", registers,
    async collect() {
      this.reset();
      const found = await pool.query<{ at: Date }>("select looked_at as at from alert_pulse").catch(() => undefined);
      if (found?.rows[0]) this.set(found.rows[0].at.getTime() / 1_000);
    },
  });
}
