// Who looks after alerts: one of the processes that have the role `api`, which can send mail and reach other systems anyway. Another takes over
// when it ends.
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Registry } from "prom-client";
import { createAlertChannels, createAlertMetrics, runAlerting, type AlertChannels, type AlertingOptions } from "./alerts/alerts.ts";
import { alertPurpose } from "./core/sealed-text.ts";
import type { Mailer } from "./mail/mail.ts";
import type { Outbound } from "./outbound/outbound.ts";
import { takeAlertRole } from "./role-lock.ts";
import type { SealKeys } from "./seal-keys.ts";

interface AlertRoleOptions extends Omit<AlertingOptions, "clickhouse"> {
  readonly clickhouse: ClickHouseClient;
}

interface AlertParts extends Omit<AlertRoleOptions, "channels"> {
  readonly registry: Registry;
  readonly sealKeys: SealKeys;
  readonly mailer: Mailer;
  /** Closed by whoever hands it over. */
  readonly outbound: Outbound;
}

/** Channels for the API to try and keep, and the role beside it. */
export function openAlerting({ registry, sealKeys, mailer, outbound, ...options }: AlertParts): { readonly channels: AlertChannels; stop(): Promise<void> } {
  const channels = createAlertChannels({ outbound, mailer, seal: sealKeys.seal(alertPurpose), nowMs: () => options.clock.nowMs() });
  createAlertMetrics(registry, options.pool);
  const role = startAlertRole({ ...options, channels });
  return { channels, stop: () => role.stop() };
}

const AGAIN_AFTER_MS = 5_000;
/** It may take its time. */
const SETTINGS = { max_threads: 1 } as const;

function startAlertRole({ clickhouse, ...options }: AlertRoleOptions): { stop(): Promise<void> } {
  const { pool, logger } = options;
  const stopping = new AbortController();
  const ask = async <Row>(query: string, params: Readonly<Record<string, unknown>>): Promise<Row[]> =>
    (await clickhouse.query({ query, query_params: { ...params }, format: "JSONEachRow", clickhouse_settings: SETTINGS })).json<Row>();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const role = await takeAlertRole(pool, logger, stopping.signal);
        const losing = new AbortController();
        // Another process may have the role already: nothing more is looked at.
        role.lost.catch(() => losing.abort());
        await runAlerting({ ...options, clickhouse: ask }, AbortSignal.any([stopping.signal, losing.signal]));
        role.release();
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.error({ err: error }, "nobody looks after alerts at the moment; it is tried again");
        await sleep(AGAIN_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
