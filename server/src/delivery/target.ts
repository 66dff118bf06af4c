// What is sent where, as it is set up: destinations that are switched on, with their subscriptions.
import type { Pool } from "pg";
import { subscriptionDefinition, type SubscriptionDefinition } from "@tributary/schema/destination/subscription.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { Logger } from "../core/logger.ts";
import type { Connection } from "../destinations/destinations.ts";

export interface Subscription {
  readonly id: number;
  readonly version: number;
  readonly definition: SubscriptionDefinition;
  readonly externalId: string | undefined;
  /** The one that it is triggered by; undefined: it takes events. */
  readonly audience: { readonly id: number; readonly slug: string; readonly name: string } | undefined;
}

export interface Target {
  readonly connection: Connection;
  readonly name: string;
  readonly partition: number;
  readonly perSecond: number | undefined;
  /** "namespace:value"; while given, nothing is sent about anybody else. */
  readonly testPeople: readonly string[] | undefined;
  readonly subscriptions: readonly Subscription[];
}

interface Row {
  readonly id: number;
  readonly workspace_id: number;
  readonly log_partition: number;
  readonly name: string;
  readonly definition: string;
  readonly version: number;
  readonly settings_sealed: string;
  readonly tokens_sealed: string | null;
  readonly features: Readonly<Record<string, boolean>>;
  readonly test_people: readonly string[] | null;
  readonly per_second: number | null;
  readonly subscriptions: readonly { readonly id: number; readonly version: number; readonly definition: unknown; readonly external_id: string | null; readonly audience: Subscription["audience"] | null }[] | null;
}

/** `open`: what was sealed for a workspace. */
export async function readTargets(pool: Pool, open: (sealed: string, workspaceId: number) => string, logger: Logger): Promise<readonly Target[]> {
  const { rows } = await pool.query<Row>(
    `select d.id, d.workspace_id, w.log_partition, d.name, d.definition, d.version, d.settings_sealed, d.tokens_sealed, d.features, d.test_people, d.per_second,
       (select json_agg(json_build_object('id', s.id, 'version', s.version, 'definition', s.definition, 'external_id', s.external_id,
           'audience', case when a.id is not null then json_build_object('id', a.id, 'slug', a.slug, 'name', a.name) end) order by s.id)
        from subscription s left join audience a on a.workspace_id = s.workspace_id and a.id = (s.definition -> 'trigger' ->> 'audienceId')::integer where s.destination_id = d.id and s.enabled and s.status = 'active') as subscriptions
     from destination d join workspace w on w.id = d.workspace_id where d.enabled and d.status = 'active' order by d.id`,
  );
  return rows.flatMap((row) => {
    try {
      return [targetOf(row, open)];
    } catch (error) {
      // One that can't be read must not stop the others.
      logger.error({ err: error, destination: row.id }, "a destination can't be read and sends nothing");
      return [];
    }
  });
}

function targetOf(row: Row, open: (sealed: string, workspaceId: number) => string): Target {
  return {
    name: row.name, partition: row.log_partition, perSecond: row.per_second ?? undefined, testPeople: row.test_people ?? undefined,
    connection: {
      workspaceId: row.workspace_id, destinationId: row.id, slug: row.definition, version: row.version, settings: recordOf(open(row.settings_sealed, row.workspace_id)),
      features: row.features, ...tokensOf(row.tokens_sealed === null ? undefined : open(row.tokens_sealed, row.workspace_id)),
    },
    subscriptions: (row.subscriptions ?? []).map((one) => ({
      id: one.id, version: one.version, definition: subscriptionDefinition.parse(one.definition), externalId: one.external_id ?? undefined, audience: one.audience ?? undefined,
    })),
  };
}

function recordOf(text: string): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed)) throw new TypeError("sealed settings are not an object");
  return parsed;
}

function tokensOf(text: string | undefined): Pick<Connection, "oauth"> {
  const { accessToken, refreshToken } = text === undefined ? {} : recordOf(text);
  return typeof accessToken === "string" ? { oauth: { accessToken, refreshToken: typeof refreshToken === "string" ? refreshToken : undefined } } : {};
}
