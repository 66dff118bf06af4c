// The compiler's proof: random definitions over random people, at random and at critical instants. What the SQL says must be what
// the plain evaluator says, and until the instant that it names nothing may change.
//
//   ORACLE_SEED=5 ORACLE_WORLDS=300 npx vitest run --project tests server/src/audiences/oracle.test.ts     a long run
import type { ClickHouseClient } from "@clickhouse/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { checkWorld, insertWorlds, nothingChecked, type Difference } from "./testing-oracle.ts";
import { randomWorld } from "./testing-random.ts";

const SEED = Number(process.env["ORACLE_SEED"] ?? 20_261_122);
const WORLDS = Number(process.env["ORACLE_WORLDS"] ?? 4);
/** So many are written at once. */
const BATCH = 8;
const SIZE = { people: 60, definitions: 24 };
const INSTANTS = 3;

let engine: ClickHouse;
let clickhouse: ClickHouseClient;
beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
});
afterAll(() => engine.stop());

test(`of ${WORLDS} worlds from seed ${SEED} on, SQL and the plain evaluator say the same, and no instant is late`, async () => {
  const checked = nothingChecked();
  for (let first = 0; first < WORLDS; first += BATCH) {
    const worlds = Array.from({ length: Math.min(BATCH, WORLDS - first) }, (_, i) => randomWorld(SEED + first + i, first + i + 1, SIZE));
    await insertWorlds(engine.client("write"), worlds);
    for (const world of worlds) await checkWorld(clickhouse, world, INSTANTS, checked);
  }
  process.stdout.write(`Oracle, seeds ${SEED} to ${SEED + WORLDS - 1}: ${checked.members} checks of membership, ${checked.futures} of the time until the next instant; ${checked.exact} of ${checked.named} instants exact.\n`);
  expect(checked.differences.length, checked.differences.slice(0, 5).map(said).join("\n\n")).toBe(0);
  // The worlds are worth asking about.
  expect(checked.members).toBe(WORLDS * SIZE.people * SIZE.definitions * INSTANTS);
  expect(checked.exact).toBeGreaterThan(WORLDS * 10);
}, 3_600_000);

function said({ what, seed, definition, text }: Difference): string {
  return `seed ${seed}, ${what}: ${JSON.stringify(definition)}\n${text}`;
}
