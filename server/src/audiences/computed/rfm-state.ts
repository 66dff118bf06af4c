// What divides the fifths of a workspace's buyers: values themselves, so that equal ones fall into the same fifth. The edge of a fifth
// is the value of the buyer at its end; whoever has more is in the next one.
import type { ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import { rfmState, type RfmState } from "@tributary/schema/audience/computed/rfm.ts";
import { compileBuyers, type Surroundings } from "../compile.ts";

const DAY = 86_400_000;

/** Rows of ClickHouse as objects; binds the workspace. */
export type ReadRows = <Row>(sql: string, params: Readonly<Record<string, unknown>>) => Promise<Row[]>;

export type Around = Omit<Surroundings, "people">;

interface Edges {
  readonly buyers: number;
  /** Milliseconds since their last order. */
  readonly ages: readonly number[];
  readonly orders: readonly number[];
  readonly value: readonly string[];
}

/** Undefined: it is no RFM trait. Without any buyer every edge is nought. */
export async function workOutFifths({ value, include }: ComputedDefinition, around: Around, read: ReadRows): Promise<RfmState | undefined> {
  if (value.kind !== "rfm") return undefined;
  const { sql, params } = compileBuyers(value, include, around);
  const human = include.bots || include.internal ? "" : " and is_human = 1";
  const edges = (sorted: string): string => `arrayMap(fifth -> ${sorted}[intDiv(n * fifth + 4, 5)], [1, 2, 3, 4])`;
  const [found] = await read<Edges>(
    `select n as buyers, ${edges("ages")} as ages, ${edges("orders")} as orders, arrayMap(edge -> toString(edge), ${edges("amounts")}) as value
     from (select count() as n, arraySort(groupArray(${around.nowMs} - last_ms)) as ages, arraySort(groupArray(orders)) as orders, arraySort(groupArray(value)) as amounts
       from (${sql}) where is_buyer${human})`, params,
  );
  return rfmState.parse({
    days: (found?.ages ?? [0, 0, 0, 0]).map((ms) => Number(ms) / DAY), orders: (found?.orders ?? [0, 0, 0, 0]).map(Number), value: (found?.value ?? [0, 0, 0, 0]).map(Number),
    buyers: Number(found?.buyers ?? 0), at: new Date(around.nowMs).toISOString(),
  });
}
