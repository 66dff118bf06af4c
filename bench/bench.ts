// Runs the benches and prints one table: `npm run bench` for all (about 20 minutes on two cores), `npm run bench -- quick`
// for short runs, `npm run bench -- demo-shop ingest end-to-end profiles person-page audience-preview delivery models audiences` for some. BENCH_DIR says where the data lie.
import { availableParallelism, cpus, totalmem } from "node:os";
import { benchAudiencePreview } from "./audience-preview.ts";
import { audiencesFull, audiencesQuick, benchAudiences } from "./audiences.ts";
import { benchDelivery, deliveryFull, deliveryQuick } from "./delivery.ts";
import { benchDemoShop } from "./demo-shop.ts";
import { benchEndToEnd } from "./end-to-end.ts";
import { benchIngest } from "./ingest.ts";
import { benchModels } from "./models.ts";
import { benchPersonPage } from "./person-page.ts";
import { benchProfiles } from "./profiles.ts";
import { printTable, type Row } from "./table.ts";

const asked = process.argv.slice(2);
const isQuick = asked.includes("quick");
const wants = (name: string): boolean => asked.filter((word) => word !== "quick").length === 0 || asked.includes(name);
const rows: Row[] = [];
let perSecond = 8_000;

if (wants("demo-shop")) rows.push(benchDemoShop({ people: isQuick ? 3_000 : 20_000 }));
if (wants("ingest")) rows.push(...(await benchIngest()));
if (wants("end-to-end")) {
  const eventsPerSecond = Number(process.env["BENCH_EVENTS_PER_SECOND"] ?? 0);
  const result = await benchEndToEnd({ seconds: isQuick ? 40 : 300, eventsPerSecond, workspaces: 1 });
  rows.push(...result.rows, ...(await benchEndToEnd({ seconds: isQuick ? 40 : 60, eventsPerSecond, workspaces: 4 })).rows.slice(0, 3));
  perSecond = result.perSecond;
}
if (wants("profiles")) rows.push(...(await benchProfiles({ people: isQuick ? 100_000 : 1_000_000, seconds: isQuick ? 10 : 30, halfLoad: Math.floor(perSecond / 2) })));
if (wants("audience-preview")) rows.push(...(await benchAudiencePreview({ people: isQuick ? 100_000 : 1_000_000, events: isQuick ? 1_000_000 : 10_000_000 })));
if (wants("person-page")) rows.push(...(await benchPersonPage({ events: isQuick ? 2_000 : 10_000, visits: isQuick ? 3 : 15 })));
if (wants("delivery")) rows.push(...(await benchDelivery(isQuick ? deliveryQuick : deliveryFull)));
if (wants("models")) rows.push(...(await benchModels({ rows: isQuick ? 100_000 : 1_000_000 })));
if (wants("audiences")) rows.push(...(await benchAudiences(isQuick ? audiencesQuick : audiencesFull)));

process.stdout.write(`\n${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; load generator on the same cores\n\n`);
process.stdout.write(`${printTable(rows)}\n`);
process.exit(0);
