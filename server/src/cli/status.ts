// `tributary status`: how the server is, in a sentence, and then in numbers.
import { Command } from "commander";
import { z } from "zod";
import { ledgerAnswer } from "@tributary/schema/api/events.ts";
import { workspaceAnswer } from "@tributary/schema/api/workspace.ts";
import { withServer, type ApiClient } from "./api-client.ts";
import { countText, processOutput, tableText, type Output } from "./output.ts";
import type { Environment } from "./server-address.ts";

const readiness = z.object({ status: z.string(), parts: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })) });
type Readiness = z.infer<typeof readiness>;
type Ledger = z.infer<typeof ledgerAnswer>;

export function statusCommand(output: Output = processOutput): Command {
  return new Command("status").description("say how the running server is; exit code 1 when it is not ready or events don't add up")
    .option("--json", "the numbers as JSON")
    .action(async (options: { json?: true }) => {
      const isWell = await status(process.env, output, options.json === true);
      if (!isWell) process.exitCode = 1;
    });
}

/** True when the server is ready and every event adds up. */
export function status(env: Environment, output: Output, asJson: boolean): Promise<boolean> {
  return withServer(env, async (client) => {
    const workspace = await client.get("/api/v1/workspace", workspaceAnswer);
    const ledger = await client.get("/api/v1/ledger", ledgerAnswer);
    const ready = await readReadiness(client);
    const isWell = ready.status !== "not_ready" && ledger.balanced;
    if (asJson) output.out(`${JSON.stringify({ url: client.server.url, workspace: workspace.slug, ready, ledger }, null, 2)}\n`);
    else output.out(statusText(client.server.url, ready, ledger));
    return isWell;
  });
}

async function readReadiness(client: ApiClient): Promise<Readiness> {
  const { status, body } = await client.read("/health/ready");
  const parsed = readiness.safeParse(body);
  return parsed.success ? parsed.data : { status: "not_ready", parts: { server: { ok: false, detail: `It answered ${status}.` } } };
}

/** One sentence, then a table. */
export function statusText(url: string, ready: Readiness, ledger: Ledger): string {
  const sum = (of: (source: Ledger["sources"][number]) => number): number => ledger.sources.reduce((total, source) => total + of(source), 0);
  const received = sum((source) => source.received);
  const waiting = sum((source) => source.waiting_to_be_decided) + sum((source) => source.waiting_to_land);
  const isReady = ready.status !== "not_ready";
  const failed = sum((source) => source.failed);
  const events = `${countText(received)} events came in during the last day, ${waiting === 0 ? "none waits" : `${countText(waiting)} wait`}, and ${
    ledger.balanced ? "every one is accounted for" : "they don't add up"}.`;
  const rows: string[][] = Object.entries(ready.parts).map(([part, { ok, detail }]) => [part, `${ok ? "ok" : "NOT OK"}: ${detail}`]);
  rows.push(["log", `${countText(ledger.waiting_to_be_read.unread_chunks)} chunks not read yet`]);
  for (const [outcome, count] of outcomes(ledger)) rows.push([`last day, ${outcome}`, countText(count)]);
  if (failed > 0) rows.push(["last day, failed", `${countText(failed)} (refused by ClickHouse)`]);
  for (const imbalance of ledger.imbalances) rows.push(["imbalance", imbalance]);
  return `Tributary at ${url} is ${isReady ? "ready" : "NOT ready"}; ${events}\n\n${tableText(rows)}`;
}

function outcomes(ledger: Ledger): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { outcome, count } of ledger.sources.flatMap((source) => source.decisions)) counts.set(outcome, (counts.get(outcome) ?? 0) + count);
  return counts;
}
