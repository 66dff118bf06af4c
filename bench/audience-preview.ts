// How soon a preview of an audience is there while its definition is edited: thirty edits one after another, as somebody makes them in
// the builder, over people and events that ClickHouse makes itself. The first run, with nothing known, is told by itself.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Condition } from "@tributary/schema/audience/condition.ts";
import { definition, type Definition } from "@tributary/schema/audience/definition.ts";
import { createLogger } from "../server/src/core/logger.ts";
import { startClickHouse } from "../server/src/engines/clickhouse/clickhouse.ts";
import { createPreviews, createReadWords, previewOf, type Around, type Previews } from "../server/src/audiences/audiences.ts";
import { generateAudienceData } from "./audience-data.ts";
import { number, plainRow, type Row } from "./table.ts";

const WORKSPACE = 1;
const GOAL_MS = 300;

const around: Around = { zone: "UTC", words: { roles: {}, money: { base: null, rates: [] } }, audience: () => undefined, list: () => undefined };

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

export async function benchAudiencePreview({ people, events, rounds = 3 }: { readonly people: number; readonly events: number; readonly rounds?: number }): Promise<Row[]> {
  const dataDir = mkdtempSync(join(process.env["BENCH_DIR"] ?? tmpdir(), "audience-preview-"));
  const engine = await startClickHouse({ dataDir, logger: createLogger("silent") });
  try {
    const nowMs = Date.UTC(2026, 10, 1, 12);
    await generateAudienceData(engine.client("write"), { workspaceId: WORKSPACE, people, events, nowMs });
    const read = createReadWords(engine.client("api"));
    const firstMs: number[] = [];
    const editMs: number[] = [];
    const slowest = new Map<number, number>();
    for (let round = 0; round < rounds; round++) {
      const previews = createPreviews(read);
      firstMs.push(await askOnce(previews, first, nowMs));
      for (const [i, edit] of edits.entries()) {
        const tookMs = await askOnce(previews, edit, nowMs + 1 + i);
        editMs.push(tookMs);
        slowest.set(i, Math.max(slowest.get(i) ?? 0, tookMs));
      }
    }
    const worst = [...slowest].toSorted((a, b) => b[1] - a[1]).slice(0, 5).map(([i, ms]) => `edit ${i + 1}: ${Math.round(ms)} ms`).join(", ");
    process.stderr.write(`slowest edits: ${worst}\n`);
    const scale = `${people.toLocaleString("en-GB")} people, ${events.toLocaleString("en-GB")} events`;
    return [
      plainRow(`preview of an audience, ${scale}: first run`, "ms", `${number(at(firstMs, 0.5))} (at most ${number(at(firstMs, 1))})`, ""),
      plainRow("… while it is edited: p50", "ms", number(at(editMs, 0.5)), ""),
      plainRow("… while it is edited: p95", "ms", number(at(editMs, 0.95)), `< ${GOAL_MS}`),
    ];
  } finally {
    await engine.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function askOnce(previews: Previews, who: object, nowMs: number): Promise<number> {
  const asked: Definition = definition.parse({ who: who as Condition });
  const startMs = performance.now();
  const view = await previews.view({ workspaceId: WORKSPACE, around, definitions: [asked], nowMs, signal: new AbortController().signal });
  await previewOf(view, asked, { sample: 10, parts: true, overlap: false }, () => Promise.reject(new Error("Nothing else is read.")));
  return performance.now() - startMs;
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
