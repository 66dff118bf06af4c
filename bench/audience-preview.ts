// How soon a preview of an audience is there while its definition is edited: thirty edits one after another, as somebody makes them in
// the builder, over people and events that ClickHouse makes itself. The first run, with nothing known, is told by itself.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Condition } from "@tributary/schema/audience/condition.ts";
import { definition, type Definition } from "@tributary/schema/audience/definition.ts";
import { createLogger } from "../server/src/core/logger.ts";
import { startClickHouse, type ClickHouse } from "../server/src/engines/clickhouse/clickhouse.ts";
import { createPreviews, createReadWords, flowOf, previewOf, splitByTrait, type Around, type Previews, type Read, type View } from "../server/src/audiences/audiences.ts";
import { generateAudienceData } from "./audience-data.ts";
import { number, plainRow, type Row } from "./table.ts";

const WORKSPACE = 1;
const GOAL_MS = 300;

const day = (last: number): object => ({ last, unit: "day" });
const order = (value: number, days: number): object => ({ kind: "event", event: "Order Completed", measure: { of: "count" }, op: "at_least", value, within: day(days) });
const dress = (color: string, days: number): object => ({
  kind: "event", event: "Order Completed", measure: { of: "count" }, op: "at_least", value: 1, within: day(days),
  where: [{ item: "products", where: [{ property: "color", op: "equals", value: color }, { property: "category", op: "equals", value: "dress" }] }],
});
const spent = (value: number, days: number): object => ({ kind: "event", event: "Order Completed", measure: { of: "sum", property: "total" }, op: "more_than", value, within: day(days) });
const pages = (value: number, days: number): object => ({ kind: "event", event: "page", measure: { of: "count" }, op: "at_least", value, within: day(days) });
const seen = (color: string): object => ({ kind: "event", event: "Product Viewed", measure: { of: "count" }, op: "at_least", value: 1, within: day(14), where: [{ property: "color", op: "equals", value: color }] });
const lapsed = (days: number): object => ({ kind: "event", event: "Order Completed", measure: { of: "last" }, op: "more_than_ago", value: day(days) });
const trait = (name: string, value: string): object => ({ kind: "trait", trait: name, op: "equals", value });
const birthday = { kind: "trait", trait: "birthday", op: "anniversary", in: "this_month", days: 7 };
const email = { kind: "identifier", namespace: "email", is: "known" };

const first: object = { all: [trait("gender", "female"), dress("red", 14)] };
/** What stands there after each edit. */
const edits: readonly object[] = [
  { all: [trait("gender", "female"), dress("red", 30)] }, { all: [trait("gender", "female"), dress("blue", 30)] }, { all: [trait("gender", "female"), dress("blue", 30), email] },
  { all: [trait("gender", "other"), dress("blue", 30), email] }, { any: [trait("gender", "other"), dress("blue", 30), email] }, { all: [trait("gender", "female"), order(1, 30)] },
  { all: [trait("gender", "female"), order(2, 30)] }, { all: [trait("gender", "female"), order(2, 90)] }, { all: [trait("gender", "female"), { not: order(2, 90) }] },
  { all: [trait("gender", "female"), order(2, 90), pages(3, 7)] }, { all: [trait("gender", "female"), order(2, 90), pages(5, 7)] }, { all: [trait("gender", "female"), order(2, 90), pages(5, 30)] },
  { all: [trait("plan", "gold"), order(2, 90), pages(5, 30)] }, { all: [trait("plan", "gold"), { any: [order(2, 90), pages(5, 30)] }] }, { all: [trait("plan", "gold"), spent(500, 90)] },
  { all: [trait("plan", "gold"), spent(800, 90)] }, { all: [trait("plan", "gold"), spent(800, 180)] }, { all: [trait("plan", "gold"), spent(800, 180), trait("city", "Oslo")] },
  { all: [trait("plan", "gold"), spent(800, 180), trait("city", "Wien")] }, { all: [birthday, spent(800, 180)] }, { all: [birthday, spent(800, 180), seen("red")] },
  { all: [birthday, spent(800, 180), seen("green")] }, { at_least: 2, of: [birthday, spent(800, 180), seen("green")] }, { all: [lapsed(90), email] }, { all: [lapsed(60), email] },
  { all: [lapsed(60), email, trait("plan", "pro")] }, { all: [lapsed(60), email, { not: trait("plan", "pro") }] }, { all: [lapsed(60), email, order(1, 180)] },
  { all: [lapsed(60), email, order(3, 180)] }, { all: [lapsed(60), email, order(3, 365)] },
];

/** Audiences that stand, with which the edited one is compared. */
const standing: Readonly<Record<string, Definition>> = Object.fromEntries(
  Object.entries({ gold: { all: [trait("plan", "gold")] }, buyers: { all: [order(1, 180)] }, readers: { any: [pages(3, 7), seen("blue")] } })
    .map(([slug, who]) => [slug, definition.parse({ who: who as Condition })]));

const around: Around = { zone: "UTC", words: { roles: {}, money: { base: null, rates: [] } }, audience: (slug) => standing[slug], list: () => undefined };

/** Between an answer and the next edit. By the same clock answers grow old, and the next instant is prepared. */
const PAUSE_MS = 1_000;
const FLOW_DAYS = 14;

const parts = ["size", "breakdown", "overlap", "reach", "flow"] as const;
type Part = (typeof parts)[number];

export interface PreviewTimes {
  readonly firstRun: boolean;
  readonly edit: number;
  /** Until each was there; all are asked for at once. */
  readonly ms: Readonly<Record<Part, number>>;
  readonly allMs: number;
}

export async function benchAudiencePreview({ people, events, rounds = 3 }: { readonly people: number; readonly events: number; readonly rounds?: number }): Promise<Row[]> {
  const dataDir = mkdtempSync(join(process.env["BENCH_DIR"] ?? tmpdir(), "audience-preview-"));
  const engine = await startClickHouse({ dataDir, logger: createLogger("silent") });
  try {
    await generateAudienceData(engine.client("write"), { workspaceId: WORKSPACE, people, events, nowMs: NOW });
    const times = await measurePreviews(engine, rounds);
    const firstRuns = times.filter(({ firstRun }) => firstRun);
    const edited = times.filter(({ firstRun }) => !firstRun);
    const scale = `${people.toLocaleString("en-GB")} people, ${events.toLocaleString("en-GB")} events`;
    return [
      plainRow(`preview of an audience, ${scale}: first run, until its size is there`, "ms", `${number(at(firstRuns.map(({ ms }) => ms.size), 0.5))} (at most ${number(at(firstRuns.map(({ ms }) => ms.size), 1))})`, ""),
      plainRow("… until all parts are there", "ms", `${number(at(firstRuns.map(({ allMs }) => allMs), 0.5))} (at most ${number(at(firstRuns.map(({ allMs }) => allMs), 1))})`, ""),
      ...parts.map((part) => plainRow(`… while it is edited, ${part}: p50, p95`, "ms", `${number(at(edited.map(({ ms }) => ms[part]), 0.5))}, ${number(at(edited.map(({ ms }) => ms[part]), 0.95))}`, "")),
      plainRow("… while it is edited, all parts: p50", "ms", number(at(edited.map(({ allMs }) => allMs), 0.5)), ""),
      plainRow("… while it is edited, all parts: p95", "ms", number(at(edited.map(({ allMs }) => allMs), 0.95)), `< ${GOAL_MS}`),
    ];
  } finally {
    await engine.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

export const NOW = Date.UTC(2026, 10, 1, 12);

/** Each round begins with nothing known. */
export async function measurePreviews(engine: ClickHouse, rounds: number): Promise<PreviewTimes[]> {
  const client = engine.client("api");
  const read = createReadWords(engine.client("preview"));
  const scan: Read = async <Row>(sql: string, params: Readonly<Record<string, unknown>>) => {
    const result = await client.query({ query: sql, query_params: { ...params, workspace: WORKSPACE }, format: "JSONEachRow" });
    return result.json<Row>();
  };
  const times: PreviewTimes[] = [];
  for (let round = 0; round < rounds; round++) {
    const asking = { previews: createPreviews(read), scan };
    const beganMs = performance.now();
    for (const [i, edit] of [first, ...edits].entries()) {
      times.push({ firstRun: i === 0, edit: i, ...(await askAll(asking, edit, NOW + Math.floor(performance.now() - beganMs))) });
      await new Promise((resolve) => void setTimeout(resolve, PAUSE_MS));
    }
  }
  return times;
}

interface Asking {
  readonly previews: Previews;
  readonly scan: Read;
}

/** As the builder asks: the size, and beside it each part by itself. */
async function askAll({ previews, scan }: Asking, who: object, nowMs: number): Promise<Pick<PreviewTimes, "ms" | "allMs">> {
  const asked: Definition = definition.parse({ who: who as Condition });
  const { signal } = new AbortController();
  const startMs = performance.now();
  const ms: Partial<Record<Part, number>> = {};
  const view = (definitions: readonly Definition[]): Promise<View> => previews.view({ workspaceId: WORKSPACE, around, definitions, nowMs, signal });
  const noted = async (part: Part, work: () => Promise<unknown>): Promise<void> => {
    await work();
    ms[part] = performance.now() - startMs;
  };
  const nothing = { sample: 0, parts: false, overlap: false };
  await Promise.all([
    noted("size", async () => previewOf(await view([asked]), { sample: 10, parts: true, overlap: false }, scan)),
    noted("breakdown", async () => previewOf(await view([asked]), { ...nothing, by: splitByTrait("city") }, scan)),
    noted("overlap", async () => previewOf(await view([asked, ...Object.values(standing)]), { ...nothing, overlap: true }, scan)),
    noted("reach", async () => previewOf(await view([asked]), { ...nothing, reach: { consentWhenAbsent: "granted" } }, scan)),
    noted("flow", async () => flowOf(await view([]), { workspaceId: WORKSPACE, definition: asked, around, days: FLOW_DAYS, signal })),
  ]);
  return { ms: ms as Record<Part, number>, allMs: performance.now() - startMs }; // All were noted.
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
