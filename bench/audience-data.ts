// A shop's people and events for the audience benches, made by ClickHouse itself out of `numbers()`: the same on every machine.
import type { ClickHouseClient } from "@clickhouse/client";

export interface AudienceData {
  readonly workspaceId: number;
  readonly people: number;
  readonly events: number;
  /** Everything happened in the year before. */
  readonly nowMs: number;
}

/** Rows of one statement: memory stays small, and parts are of the size that merges leave. */
const ROWS_AT_ONCE = 500_000;
const YEAR_MS = 365 * 86_400_000;

const personOf = (number: string): string => `reinterpret(sipHash128(toUInt64(${number})), 'UUID')`;

export async function generateAudienceData(clickhouse: ClickHouseClient, data: AudienceData): Promise<void> {
  for (let from = 0; from < data.people; from += ROWS_AT_ONCE) await clickhouse.command({ query: peopleSql(data, from) });
  for (let from = 0; from < data.events; from += ROWS_AT_ONCE) {
    await clickhouse.command({ query: eventsSql(data, from), clickhouse_settings: { max_partitions_per_insert_block: "1000" } });
  }
}

function peopleSql({ workspaceId, people, nowMs }: AudienceData, from: number): string {
  return `insert into profiles (workspace_id, profile_id, row_id, updated_at, first_seen, deleted, is_anonymous, identifiers, traits, consents, accounts, trait_times, timezone, is_human, block_id, block_row)
    select ${workspaceId}, ${personOf("number")}, number + 1, fromUnixTimestamp64Milli(${nowMs}, 'UTC'), fromUnixTimestamp64Milli(${nowMs - YEAR_MS}, 'UTC'), 0, is_anonymous,
      if(is_anonymous, [concat('anonymous_id:a', toString(number))], arrayConcat([concat('user_id:u', toString(number))], if(lot % 10 < 8, [concat('email:p', toString(number), '@example.com')], []))),
      if(is_anonymous, '{}', concat('{"plan":"', ['free', 'pro', 'gold'][1 + lot % 3], '","city":"', ['Berlin', 'Hamburg', 'Oslo', 'Wien', 'Basel'][1 + intDiv(lot, 3) % 5],
        '","gender":"', ['female', 'male', 'other'][1 + intDiv(lot, 15) % 3], '","age":', toString(18 + lot % 60), ',"birthday":"19', leftPad(toString(50 + lot % 50), 2, '0'), '-0', toString(1 + lot % 9), '-1', toString(lot % 10),
        '","name":"Person ', toString(number), '"}'))::JSON(max_dynamic_paths = 64),
      if(lot % 4 = 0, map(), map('marketing', toUInt8(lot % 4 != 1), 'email', toUInt8(lot % 5 != 1))), [], map('plan', toInt64(${nowMs - YEAR_MS} + lot % ${YEAR_MS})), if(lot % 3 = 0, 'Europe/Berlin', ''), 1, 0, 0
    from (select number, sipHash64(number, 'person') as lot, toUInt8(number % 3 = 2) as is_anonymous from numbers(${from}, ${Math.min(ROWS_AT_ONCE, people - from)}))`;
}

function eventsSql({ workspaceId, people, events, nowMs }: AudienceData, from: number): string {
  const money = "concat('\"total\":', toString(5 + lot % 400), '.', toString(10 + lot % 90), ',\"order_id\":\"o', toString(number), '\",\"currency\":\"EUR\",\"products\":[{\"sku\":\"s', toString(lot % 500), '\",\"color\":\"', ['red', 'blue', 'green', 'black'][1 + lot % 4], '\",\"category\":\"', ['dress', 'scarf', 'shoe'][1 + intDiv(lot, 4) % 3], '\"}]')";
  return `insert into events (workspace_id, event, type, ingest_profile_id, profile_id, timestamp, received_at, source_id, message_id, outcome, properties, country, page_path, is_bot, row_id, raw)
    select ${workspaceId}, event, if(event = 'page', 'page', 'track'), person, person, at, at, 1, concat('m', toString(number)), 'stored',
      concat('{', multiIf(event = 'Order Completed', ${money}, event = 'page', concat('"title":"Page ', toString(lot % 900), '","path":"/p/', toString(lot % 900), '"'),
        concat('"product_id":"s', toString(lot % 500), '","price":', toString(lot % 300), ',"color":"', ['red', 'blue', 'green', 'black'][1 + lot % 4], '"')), '}')::JSON(max_dynamic_paths = 64),
      ['DE', 'AT', 'CH', 'NO'][1 + lot % 4], if(event = 'page', concat('/p/', toString(lot % 900)), ''), toUInt8(lot % 97 = 0), number + 1, ''
    from (select number, sipHash64(number, 'event') as lot, ${personOf(`intDiv(sipHash64(number, 'who') % ${people} * (sipHash64(number, 'busy') % ${people}), ${people})`)} as person,
        fromUnixTimestamp64Milli(toInt64(${nowMs} - sipHash64(number, 'at') % ${YEAR_MS}), 'UTC') as at,
        multiIf(lot % 100 < 55, 'page', lot % 100 < 80, 'Product Viewed', lot % 100 < 88, 'Product Added', lot % 100 < 94, 'Email Opened', lot % 100 < 98, 'Order Completed', 'Signed Up') as event
      from numbers(${from}, ${Math.min(ROWS_AT_ONCE, events - from)}))`;
}
