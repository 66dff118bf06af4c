// What a currency is worth, asked of the function and of the engine: the same for any table, currency and instant.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { currencyOf, currencySql, money, rateAt, RATE_LIMIT, rateSql, RATES_MAX, roundedRate, type Money } from "@tributary/schema/audience/money.ts";
import { decimalOf } from "@tributary/schema/audience/value.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";

const SEED = Number(process.env["MONEY_SEED"] ?? 20_261_122);
const DAY = 86_400_000;
const CODES = ["EUR", "GBP", "USD", "DKK", "JPY", "CHF"] as const;

let clickhouse: ClickHouse;
beforeAll(async () => {
  clickhouse = await startTestClickHouse();
});
afterAll(() => clickhouse.stop());

interface Case {
  readonly currency: string;
  readonly atMs: number;
}

/** In billionths, as text: nothing is lost on the way. */
async function bySql(table: Money, cases: readonly Case[]): Promise<(string | null)[]> {
  const params: Record<string, unknown> = {};
  const param = (value: unknown, type: string): string => {
    const name = `p${Object.keys(params).length}`;
    params[name] = value;
    return `{${name}:${type}}`;
  };
  const sql = rateSql({ money: table, currency: "currency", atMs: "at", param });
  const result = await clickhouse.client("evaluate").query({
    query: `select ${sql} as exact, toTypeName(exact) as type, toString(exact * 1000000000) as rate from (
      select arrayJoin(arrayZip({currencies:Array(String)}, {instants:Array(Int64)}, range(length({instants:Array(Int64)})))) as pair, pair.1 as currency, pair.2 as at, pair.3 as n) order by n`,
    format: "JSONEachRow", query_params: { ...params, currencies: cases.map(({ currency }) => currency), instants: cases.map(({ atMs }) => atMs) },
  });
  const rows = await result.json<{ rate: string | null; type: string }>();
  expect(new Set(rows.map(({ type }) => type))).toEqual(new Set(["Nullable(Decimal(38, 9))"]));
  return rows.map(({ rate }) => rate);
}

function byFunction(table: Money, cases: readonly Case[]): (string | null)[] {
  return cases.map(({ currency, atMs }) => { const rate = rateAt(table, currency, atMs); return rate === null ? null : decimalOf(rate).toString(); });
}

/** Small and the same for the same seed. */
function diceOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Each with the instants around it, in every spelling of a currency that arrives. */
function casesOf(table: Money, below: (n: number) => number): Case[] {
  const edges = table.rates.slice(0, 60).flatMap(({ from }) => [Date.parse(from) - 1, Date.parse(from), Date.parse(from) + 1]);
  const instants = [...edges, -5 * DAY, -1, 0, 1, 2 ** 42 - 1, 2 ** 42, 2 ** 50, Date.UTC(2026, 0, 1)];
  return instants.flatMap((atMs) => ["", "eur", "EUR ", "?", "ZZZ", table.base ?? "EUR", CODES[below(CODES.length)] ?? "EUR", table.rates[below(table.rates.length || 1)]?.currency ?? ""].map((currency) => ({ currency, atMs })));
}

describe("a rate", () => {
  test("is the same by the function and by the engine", async () => {
    const below = diceOf(SEED);
    let converted = 0;
    for (let round = 0; round < 25; round++) {
      const base = round % 8 === 0 ? null : (CODES[below(CODES.length)] ?? "EUR");
      const rates = base === null ? [] : Array.from({ length: below(30) }, () => ({
        from: dayOf(below(3) === 0 ? below(4) * DAY : Date.UTC(2020, below(80), 1 + below(28))), currency: CODES[below(CODES.length)] ?? "EUR", rate: below(2) === 0 ? (1 + below(1_000)) / 100 : below(9) === 0 ? RATE_LIMIT : roundedRate((1 + below(100_000)) / 997),
      }));
      const unique = new Map(rates.filter(({ currency }) => currency !== base).map((one) => [`${one.currency} ${one.from}`, one]));
      const table = money.parse({ base, rates: [...unique.values()] });
      const cases = casesOf(table, below);
      const expected = byFunction(table, cases);
      converted += expected.filter((one) => one !== null && one !== "1000000000").length;
      expect(await bySql(table, cases), `seed ${SEED}, round ${round}: ${JSON.stringify(table)}`).toEqual(expected);
    }
    expect(converted).toBeGreaterThan(500);
  });

  test("is the same with as many rates, and as many currencies, as there may be", async () => {
    const codeOf = (n: number): string => String.fromCodePoint(65 + (Math.floor(n / 676) % 26), 65 + (Math.floor(n / 26) % 26), 65 + (n % 26));
    const rates = Array.from({ length: RATES_MAX }, (_, n) => ({ from: dayOf(Date.UTC(2000, 0, 1) + n * DAY), currency: codeOf(n), rate: n + 0.25 }));
    const oneCurrency = rates.map((one) => ({ ...one, currency: "USD" }));
    for (const table of [money.parse({ base: "ZZZ", rates }), money.parse({ base: "EUR", rates: oneCurrency })]) {
      const cases = table.rates.filter((_, n) => n % 97 === 0 || n === RATES_MAX - 1).flatMap(({ currency, from }) => [-1, 0].map((by) => ({ currency, atMs: Date.parse(from) + by })));
      expect(await bySql(table, cases)).toEqual(byFunction(table, cases));
    }
  });
});

describe("a converted value", () => {
  test("is exact, and never too great for the engine", async () => {
    const greatest = "999999999999999.999999999";
    const table = money.parse({ base: "EUR", rates: [{ from: "2020-01-01", currency: "USD", rate: RATE_LIMIT }, { from: "2020-01-01", currency: "DKK", rate: 0.29 }] });
    const params: Record<string, unknown> = { greatest };
    const param = (value: unknown, type: string): string => {
      const name = `p${Object.keys(params).length}`;
      params[name] = value;
      return `{${name}:${type}}`;
    };
    const converted = (currency: string, value: string): string => `toString(toDecimal128(${value} * ${rateSql({ money: table, currency: `'${currency}'`, atMs: "toInt64(1600000000000)", param })}, 9))`;
    const result = await clickhouse.client("evaluate").query({
      query: `select ${converted("USD", "toDecimal128({greatest:String}, 9)")} as great, ${converted("USD", "-toDecimal128({greatest:String}, 9)")} as least, ${converted("DKK", "toDecimal128('100', 9)")} as part`,
      format: "JSONEachRow", query_params: params,
    });
    expect(await result.json()).toEqual([{ great: "99999999999999999999.9999", least: "-99999999999999999999.9999", part: "29" }]);
  });
});

describe("the currency of an event", () => {
  test("is the same by the function and by the engine, under any path that may be set", async () => {
    const events = [
      { currency: "GBP" }, { currency: " gbp  " }, { currency: "" }, { currency: "  " }, { currency: 5 }, { currency: null }, { currency: ["GBP"] }, {}, { currency: "£" }, { currency: "\teur" },
      { currency: "", money: { code: "dkk" } }, { money: { code: "sek" } }, { money: { "b`a\\ck": "nok" } }, { "it's": "usd" }, { currency: "straße" }, { currency: true, money: { code: "chf" } },
    ];
    for (const paths of [["currency"], ["currency", "money.code"], ["money.b`a\\ck", "it's"], ["never"], []]) {
      const result = await clickhouse.client("evaluate").query({
        query: `select ${currencySql(paths)} as currency from (select arrayJoin(arrayEnumerate({events:Array(String)})) as n, CAST({events:Array(String)}[n], 'JSON(max_dynamic_paths=64)') as properties) order by n`,
        format: "JSONEachRow", query_params: { events: events.map((one) => JSON.stringify(one)) },
      });
      const rows = await result.json<{ currency: string }>();
      expect(rows.map(({ currency }) => currency), paths.join()).toEqual(events.map((one) => currencyOf(one, paths)));
    }
  });
});
