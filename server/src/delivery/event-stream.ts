// The stored events of a workspace, in the order of the log, slice by slice: what destinations follow. Destinations of one workspace
// that stand at the same place share what is read.
import type { ClickHouseClient } from "@clickhouse/client";
import { contextFields, type ContextField } from "@tributary/schema/audience/event-filter.ts";
import { OUTGOING_COLUMNS, type StoredEvent } from "../destinations/destinations.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";

export interface StreamedEvent extends StoredEvent, Readonly<Record<ContextField, string>> {
  /** row_id */
  readonly position: number;
  readonly block_id: number;
  /** The person, as far as merges are folded in. */
  readonly profile_id: string;
  readonly is_bot: number;
  readonly is_internal: number;
  readonly is_historical: number;
  /** JSON, as the pipeline keeps it: what filters read. */
  readonly properties: string;
}

export interface EventSlice {
  readonly events: readonly StreamedEvent[];
  /** Where to go on. */
  readonly nextBlock: number;
}

export interface EventStream {
  /** From this block on and before the other; empty with `nextBlock` = `beforeBlock` when nothing of the workspace is there. */
  read(place: { readonly workspaceId: number; readonly partition: number; readonly fromBlock: number; readonly beforeBlock: number }): Promise<EventSlice>;
  /** Events by their row_id; those that are gone are left out. */
  readAgain(place: { readonly workspaceId: number; readonly partition: number }, positions: readonly number[]): Promise<readonly StreamedEvent[]>;
}

/** Blocks looked at for one slice. */
const PLANNED_BLOCKS = 2_000;
/** Slices that are kept for the next destination that asks. */
const KEPT_SLICES = 8;
const SETTINGS = { max_threads: 1 } as const;
const STORED = "workspace_id = {workspace:UInt32} and log_partition = {partition:UInt16} and outcome = 'stored'";
const OTHER_CONTEXT = contextFields.filter((name) => name !== "type");
const COLUMNS = `row_id as position, block_id, toString(profile_id) as profile_id, is_bot, is_internal, is_historical, toJSONString(properties) as properties,
  ${OTHER_CONTEXT.join(", ")}, ${OUTGOING_COLUMNS}`;

/** What filters read beside the properties. */
export function contextOf(event: StreamedEvent): Readonly<Record<string, string>> {
  return Object.fromEntries(contextFields.map((name) => [name, event[name]]));
}

export function createEventStream({ clickhouse, limits }: { readonly clickhouse: ClickHouseClient; readonly limits: Pick<DeliveryLimits, "sliceRows" | "sliceBytes"> }): EventStream {
  const kept = new Map<string, Promise<EventSlice>>();

  async function ask<Row>(query: string, params: Record<string, unknown>): Promise<Row[]> {
    const result = await clickhouse.query({ query, query_params: params, format: "JSONEachRow", clickhouse_settings: SETTINGS });
    return result.json<Row>();
  }

  /** The end of a slice that begins with the range's, within the limits; undefined: nothing of the workspace is in the range. */
  async function endOf(params: Record<string, number>, beforeBlock: number): Promise<number | undefined> {
    const blocks = await ask<{ block_id: number; rows: number; bytes: number }>(
      `select block_id, count() as rows, sum(length(raw)) as bytes from events where ${STORED} and block_id >= {from:UInt64} and block_id < {before:UInt64}
        group by block_id order by block_id limit ${PLANNED_BLOCKS}`, params,
    );
    let [rows, bytes] = [0, 0];
    for (const block of blocks) {
      rows += block.rows;
      bytes += Number(block.bytes);
      if (rows > block.rows && (rows > limits.sliceRows || bytes > limits.sliceBytes)) return block.block_id;
    }
    const last = blocks.at(-1);
    return last === undefined ? undefined : blocks.length < PLANNED_BLOCKS ? beforeBlock : last.block_id + 1;
  }

  async function readSlice(place: Parameters<EventStream["read"]>[0]): Promise<EventSlice> {
    const params = { workspace: place.workspaceId, partition: place.partition, from: place.fromBlock, before: place.beforeBlock };
    const end = await endOf(params, place.beforeBlock);
    if (end === undefined) return { events: [], nextBlock: place.beforeBlock };
    const events = await ask<StreamedEvent>(
      `select ${COLUMNS} from events where ${STORED} and block_id >= {from:UInt64} and block_id < {before:UInt64} order by position limit 1 by position`, { ...params, before: end },
    );
    return { events, nextBlock: end };
  }

  return {
    read(place) {
      const key = `${place.workspaceId} ${place.fromBlock}`;
      const found = kept.get(key);
      if (found) return found;
      const reading = readSlice(place);
      kept.set(key, reading);
      // What was empty, or failed, is read again; and of the newest slice more may have landed, which is the next one.
      reading.then((slice) => slice.events.length === 0 && kept.delete(key), () => kept.delete(key));
      for (const old of [...kept.keys()].slice(0, Math.max(0, kept.size - KEPT_SLICES))) kept.delete(old);
      return reading;
    },
    readAgain: ({ workspaceId, partition }, positions) => ask<StreamedEvent>(
      `select ${COLUMNS} from events where ${STORED} and row_id in {rows:Array(UInt64)} order by position limit 1 by position`, { workspace: workspaceId, partition, rows: positions },
    ),
  };
}
