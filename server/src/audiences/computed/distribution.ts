// How a computed trait's values are spread over everybody, in one pass: how many have one, the most frequent values, and for numbers
// how many lie where. Exact: values are counted before anything is divided.
import type { ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import { typeOfComputed } from "@tributary/schema/audience/computed-references.ts";
import { numberSql } from "@tributary/schema/audience/value.ts";
import { compileAudiences } from "../compile.ts";
import type { Around, ReadRows } from "./rfm-state.ts";
import type { RfmState } from "@tributary/schema/audience/computed/rfm.ts";
import { scalarOf, valueOfRaws, type Scalar, type Value } from "./value-of.ts";

/** Under which the previewed definition is asked for: no slug has a space. */
const PREVIEWED = "the previewed one";
const VALUES_TOLD = 20;
const BUCKETS = 20;
/** Of so many values at most it is said where they lie by one in a hundred: above stands everybody else. */
const TAIL = 0.99;

export interface Distribution {
  readonly people: number;
  readonly set: number;
  readonly different: number;
  readonly numbers: {
    readonly min: number; readonly max: number; readonly average: number; readonly median: number;
    readonly buckets: readonly { readonly from: number; readonly to: number | null; readonly count: number }[];
  } | null;
  readonly values: readonly { readonly value: Scalar; readonly count: number }[];
  readonly sample: readonly { readonly profileId: string; readonly value: Value }[];
}

interface Row {
  readonly people: number;
  readonly set: number;
  readonly different: number;
  readonly top: readonly (readonly [raw: string, count: number])[];
  readonly numeric: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly average: number | null;
  readonly median: number | null;
  readonly step: number | null;
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
  readonly sample: readonly (readonly [id: string, raw: string])[];
}

interface DistributionWish {
  readonly definition: ComputedDefinition;
  /** Of scores by fifths. */
  readonly state: RfmState | undefined;
  readonly sample: number;
}

export async function distributionOf({ definition, state, sample }: DistributionWish, around: Around, read: ReadRows): Promise<Distribution> {
  const { sql, params } = compileAudiences({
    ...around, definitions: [], values: [PREVIEWED],
    computed: (slug) => (slug === PREVIEWED ? { definition, state: state ?? null } : around.computed?.(slug)),
  });
  const { include } = definition;
  const human = include.bots || include.internal ? "" : " where is_human = 1";
  const isTime = typeOfComputed(definition) === "time";
  const [row] = await read<Row>(spread(`select profile_id, c0 from (${sql})${human}`, { isTime, sample }), params);
  return shown(row, { isTime, isList: definition.value.kind === "value" && definition.value.which === "all" });
}

/** Each person tells their values and, by one more text that no value is, whether there is any. */
function spread(values: string, { isTime, sample }: { readonly isTime: boolean; readonly sample: number }): string {
  const number = isTime ? "toFloat64OrNull(toString(toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(trim(both '\"' from raw), 3, 'UTC'))))" : `toFloat64(${numberSql("raw")})`;
  const isValue = "raw not in ('?set', '?none')";
  return `select
    any(people) as people, any(with_value) as set, countIf(${isValue}) as different,
    arrayMap(each -> (each.2, toInt64(-each.1)), arraySlice(arraySort(groupArrayIf((-toInt64(n), raw), ${isValue} and place <= ${VALUES_TOLD + 2})), 1, ${VALUES_TOLD})) as top,
    sumIf(n, isNotNull(number)) as numeric, any(low) as low, any(high) as high, if(numeric = 0, null, sum(ifNull(number, 0) * n) / numeric) as average, any(median) as median, any(step) as step,
    arraySort(arrayMap((bucket, count) -> (bucket, toInt64(count)), (sumMapIf([toInt64(ifNull(bucket, 0))], [n], isNotNull(number)) as counted).1, counted.2)) as buckets,
    groupArraySampleIf(${Math.max(1, sample)}, 7)((toString(example), raw), ${isValue}) as sample
  from (
    select *, floor(least(number, ifNull(tail, number)) / step) as bucket
    from (
      select raw, n, example, number, place, people, with_value, low, high, median, tail,
        pow(10, floor(log10(width))) as magnitude,
        if(width <= ${isTime ? 86_400_000 : 0}, ${isTime ? 86_400_000 : 1}, if(is_whole and width < 1, 1, magnitude * multiIf(width <= magnitude * 1.0000001, 1, width <= magnitude * 2.0000001, 2, width <= magnitude * 5.0000001, 5, 10))) as rough,
        ${isTime ? "ceil(width / 86400000) * 86400000" : "rough"} as nice, if(isNull(nice) or nice <= 0, ${isTime ? 86_400_000 : 1}, nice) as step
      from (
        select raw, n, any_id as example, ${number} as number,
          row_number() over (order by n desc, raw) as place,
          sumIf(n, raw in ('?set', '?none')) over () as people, sumIf(n, raw = '?set') over () as with_value,
          min(number) over () as low, max(number) over () as high,
          quantileExactWeighted(0.5)(number, n) over () as median, quantileExactWeighted(${TAIL})(number, n) over () as tail,
          min(if(isNull(number), 1, toUInt8(number = floor(number)))) over () as is_whole,
          (tail - low) / ${BUCKETS} as width
        from (select raw, count() as n, any(profile_id) as any_id from (
          select profile_id, arrayJoin(arrayConcat(c0, [if(empty(c0), '?none', '?set')])) as raw from (${values})
        ) group by raw)
      )
    )
  )`;
}

function shown(row: Row | undefined, { isTime, isList }: { readonly isTime: boolean; readonly isList: boolean }): Distribution {
  if (row === undefined) return { people: 0, set: 0, different: 0, numbers: null, values: [], sample: [] };
  const values = row.top.map(([raw, count]) => ({ value: scalarOf(raw), count: Number(count) }));
  const isNumbers = Number(row.numeric) > 0 && Number(row.numeric) * 2 >= Number(row.set) && !isList;
  return {
    people: Number(row.people), set: Number(row.set), different: Number(row.different), values,
    numbers: isNumbers ? { min: Number(row.low), max: Number(row.high), average: Number(row.average), median: Number(row.median), buckets: bucketsOf(row) } : null,
    sample: row.sample.map(([profileId, raw]) => ({ profileId, value: isList ? [scalarOf(raw)] : (valueOfRaws([raw], false) ?? "") })).toSorted((a, b) => compareValues(a.value, b.value, isTime)),
  };
}

function compareValues(a: Value, b: Value, isTime: boolean): number {
  if (typeof a === "number" && typeof b === "number") return b - a;
  const [left, right] = [String(a), String(b)];
  const order = left < right ? -1 : left > right ? 1 : 0;
  return isTime ? -order : order;
}

/** Every bucket between the first and the last, empty ones too; the last is open where there are greater values than its end. */
function bucketsOf({ buckets, step, high }: Row): { readonly from: number; readonly to: number | null; readonly count: number }[] {
  const width = Number(step);
  const counts = new Map(buckets.map(([bucket, count]) => [Number(bucket), Number(count)]));
  const first = Math.min(...counts.keys());
  const last = Math.max(...counts.keys());
  // Multiples of a step, without what binary fractions add.
  const at = (bucket: number): number => Number((bucket * width).toPrecision(12));
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const bucket = first + i;
    const end = at(bucket + 1);
    return { from: at(bucket), to: bucket === last && Number(high) >= end ? null : end, count: counts.get(bucket) ?? 0 };
  });
}
