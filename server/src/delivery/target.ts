// What is sent where, as it is set up: destinations that are switched on, with their subscriptions; and subscriptions that are being emptied
// at the vendor, switched on or not.
import type { Pool } from "pg";
import type { ModelDefinition } from "@tributary/schema/model.ts";
import { subscriptionDefinition, type SubscriptionDefinition } from "@tributary/schema/destination/subscription.ts";
import type { Logger } from "../core/logger.ts";
import type { Seal } from "../core/sealed-text.ts";
import { connectionOf, type Connection, type SealedDestination } from "../destinations/destinations.ts";

export interface Subscription {
  readonly id: number;
  readonly version: number;
  readonly definition: SubscriptionDefinition;
  readonly externalId: string | undefined;
  /** The one whose people it sends. */
  readonly audience: { readonly id: number; readonly slug: string; readonly name: string } | undefined;
  /** The one whose rows it sends. */
  readonly model: { readonly id: number; readonly slug: string; readonly name: string; readonly person: ModelDefinition["person"] } | undefined;
  /** The last change of its audience that was asked about. */
  readonly stop: AskedStop | undefined;
  /** What is being sent anew. */
  readonly sync: RunningSync | undefined;
  /** False: nothing goes but what is being sent anew. */
  readonly isLive: boolean;
  /** Events of blocks before this one came before it was switched on. */
  readonly eventsFrom: number;
}

export interface AskedStop {
  readonly id: number;
  readonly status: "asked" | "go_on" | "drop" | "over";
  /** Why people would come and go. */
  readonly reasons: readonly string[];
  /** It is about what stands from this block on, */
  readonly fromBlock: number;
  /** and before this one; 0: nobody has answered yet. */
  readonly beforeBlock: number;
}

export interface RunningSync {
  readonly id: number;
  /** Everybody, what differs from what was told, or nobody: those who were told are taken away. */
  readonly kind: "all" | "differences" | "empty";
}

export interface Target {
  readonly connection: Connection;
  readonly name: string;
  readonly partition: number;
  /** The workspace's. */
  readonly zone: string;
  /** "namespace:value"; while given, nothing is sent about anybody else. */
  readonly testPeople: readonly string[] | undefined;
  readonly subscriptions: readonly Subscription[];
}

interface Row extends SealedDestination {
  readonly workspaceId: number;
  readonly partition: number;
  readonly zone: string;
  readonly name: string;
  readonly testPeople: readonly string[] | null;
  readonly subscriptions: readonly {
    readonly id: number; readonly version: number; readonly definition: unknown; readonly externalId: string | null; readonly audience: Subscription["audience"] | null;
    readonly model: (NonNullable<Subscription["model"]> & { readonly person: NonNullable<ModelDefinition["person"]> | null }) | null; readonly stop: AskedStop | null; readonly sync: RunningSync | null; readonly isLive: boolean; readonly eventsFrom: number;
  }[] | null;
}

export async function readTargets(pool: Pool, seal: Seal, logger: Logger): Promise<readonly Target[]> {
  const { rows } = await pool.query<Row>(
    `select d.id, d.slug, d.workspace_id as "workspaceId", w.log_partition as partition, w.time_zone as zone, d.name, d.definition, d.version, d.settings_sealed as "settingsSealed", d.tokens_sealed as "tokensSealed",
       d.features, d.test_people as "testPeople",
       (select json_agg(json_build_object('id', s.id, 'version', s.version, 'definition', s.definition, 'externalId', s.external_id,
           'audience', case when a.id is not null then json_build_object('id', a.id, 'slug', a.slug, 'name', a.name) end,
           'model', case when m.id is not null then json_build_object('id', m.id, 'slug', m.slug, 'name', m.name, 'person', m.definition -> 'person') end,
           'stop', (select json_build_object('id', t.id, 'status', t.status, 'reasons', t.reasons, 'fromBlock', t.from_block, 'beforeBlock', case when t.status = 'asked' then 0 else t.before_block end)
             from delivery_stop t where t.subscription_id = s.id order by t.id desc limit 1),
           'sync', case when y.id is not null then json_build_object('id', y.id, 'kind', y.kind) end, 'isLive', d.enabled and s.enabled and y.kind is distinct from 'empty', 'eventsFrom', coalesce(s.events_from, 0)) order by s.id)
        from subscription s left join audience a on a.workspace_id = s.workspace_id and a.id = (s.definition -> 'trigger' ->> 'audienceId')::integer left join model m on m.workspace_id = s.workspace_id and m.id = (s.definition -> 'trigger' ->> 'modelId')::integer
          left join delivery_sync y on y.subscription_id = s.id and y.status = 'running'
        where s.destination_id = d.id and s.status = 'active' and (d.enabled and s.enabled or y.kind = 'empty')) as subscriptions
     from destination d join workspace w on w.id = d.workspace_id
     where d.status = 'active' and (d.enabled or exists (select from delivery_sync e where e.destination_id = d.id and e.kind = 'empty' and e.status = 'running')) order by d.id`,
  );
  return rows.flatMap((row) => {
    try {
      return [targetOf(row, seal)];
    } catch (error) {
      // One that can't be read must not stop the others.
      logger.error({ err: error, destination: row.id }, "a destination can't be read and sends nothing");
      return [];
    }
  });
}

function targetOf(row: Row, seal: Seal): Target {
  return {
    name: row.name, partition: row.partition, zone: row.zone, testPeople: row.testPeople ?? undefined, connection: connectionOf(seal, row.workspaceId, row),
    subscriptions: (row.subscriptions ?? []).map((one) => ({
      id: one.id, version: one.version, definition: subscriptionDefinition.parse(one.definition), externalId: one.externalId ?? undefined, audience: one.audience ?? undefined,
      model: one.model === null ? undefined : { ...one.model, person: one.model.person ?? undefined }, stop: one.stop ?? undefined, sync: one.sync ?? undefined, isLive: one.isLive, eventsFrom: one.eventsFrom,
    })),
  };
}
