// `tributary models`: made from a file, run, asked about and looked into.
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { model, modelChanged, modelChanges, modelCheck, modelCreate, modelList, modelPreview, modelRun, modelRunList, modelSlug, rowHistory, type ModelRunShown } from "@tributary/schema/api/models.ts";
import { withServer, type ApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { countText, processOutput, tableText, type Output } from "./output.ts";

const POLL_MS = 500;

export function modelsCommand(output: Output = processOutput): Command {
  const to = (work: (client: ApiClient) => Promise<void>): Promise<void> => withServer(process.env, work);
  const of = (name: string, description: string): Command => new Command(name).description(description).argument("<slug>");
  return new Command("models").description("queries whose rows have a key: make, run, and look at what changed")
    .addCommand(new Command("list").description("the models in use, each with its last run").action(() => to((client) => list(client, output))))
    .addCommand(of("show", "one model, as YAML that `apply` takes").action((slug: string) => to((client) => show(client, output, slug))))
    .addCommand(new Command("apply").description("make the model of a file, or change it to what the file says").argument("<file>", "as `tributary models show` writes it; - for standard input")
      .option("--dry-run", "say what is wrong with it and when it would run, and change nothing").action((file: string, options: { dryRun?: boolean }) => to((client) => apply(client, output, file, options.dryRun ?? false))))
    .addCommand(new Command("preview").description("the first rows that the model of a file gives").argument("<file>", "as for `apply`").option("--rows <number>", "at most 100", "20")
      .action((file: string, options: { rows: string }) => to((client) => preview(client, output, file, options.rows))))
    .addCommand(of("run", "run a model now, and wait for its end").option("--accept", "take what it finds, also of a first run and where much is removed").option("--no-wait", "only ask for it")
      .action((slug: string, options: { accept?: boolean; wait: boolean }) => to((client) => run(client, output, slug, options))))
    .addCommand(of("runs", "a model's last runs").action((slug: string) => to((client) => runs(client, output, slug))))
    .addCommand(answerCommand("accept", "take what a run found that asks", output, to))
    .addCommand(answerCommand("stop", "stop a run, or refuse what one found that asks", output, to))
    .addCommand(of("changes", "what changed in its rows, the newest first, as JSON lines").option("--run <id>", "of one run, also of one that asks").option("--kind <kind>", "added, changed or removed").option("--limit <number>", "at most 200", "50")
      .action((slug: string, options: { run?: string; kind?: string; limit: string }) => to((client) => changes(client, output, slug, options))))
    .addCommand(of("row", "a row's whole history, and what was sent of it, as JSON lines").argument("<key...>", "the values of the key's columns, in their order")
      .action((slug: string, key: string[]) => to((client) => row(client, output, slug, key))))
    .addCommand(of("archive", "read a model no more").action((slug: string) => to(async (client) => {
      await client.delete(pathOf(slug), model);
      output.err(`${slug} is archived.\n`);
    })));
}

function answerCommand(answer: "accept" | "stop", description: string, output: Output, to: (work: (client: ApiClient) => Promise<void>) => Promise<void>): Command {
  return new Command(answer).description(description).argument("<slug>").argument("<run>").action((slug: string, id: string) => to(async (client) => {
    output.err(`${runText(await client.post(`${pathOf(slug)}/runs/${encodeURIComponent(id)}/${answer}`, undefined, modelRun))}\n`);
  }));
}

const pathOf = (slug: string): string => `/api/v1/models/${encodeURIComponent(slug)}`;

async function list(client: ApiClient, output: Output): Promise<void> {
  const { data } = await client.get("/api/v1/models", modelList);
  const rows = data.map((one) => [one.slug, one.name, one.definition.warehouse ?? "(own tables)", countText(one.rows), one.enabled ? (one.next_run_at ?? "by hand") : "off", one.last_run === null ? "never" : one.last_run.status]);
  output.out(tableText([["SLUG", "NAME", "WAREHOUSE", "ROWS", "NEXT RUN", "LAST RUN"], ...rows]));
}

const fileShape = z.strictObject({ ...modelCreate.shape, slug: modelSlug });

async function fileOf(file: string): Promise<z.output<typeof fileShape>> {
  const text = await textOf(file);
  const read = fileShape.safeParse(parse(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new CliError(`${file} is no model: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`, { hint: "See docs/models.md for what it holds." });
}

async function show(client: ApiClient, output: Output, slug: string): Promise<void> {
  const { name, enabled, definition } = await client.get(pathOf(slug), model);
  output.out(stringify({ slug, name, enabled, definition }));
}

async function apply(client: ApiClient, output: Output, file: string, isDry: boolean): Promise<void> {
  const wish = await fileOf(file);
  const { ok, problems, next_runs } = await client.post("/api/v1/models/check", { definition: wish.definition }, modelCheck);
  if (!ok) throw new CliError(`${file} can't be taken: ${problems.join(" ")}`, { hint: "Correct it, and apply it again." });
  if (isDry) return output.err(`Dry run, nothing was changed. ${next_runs.length === 0 ? "It has no schedule by the clock." : `It would run at ${next_runs.join(", ")}.`}\n`);
  const isThere = (await client.get("/api/v1/models", modelList)).data.some(({ slug }) => slug === wish.slug);
  if (!isThere) {
    await client.post("/api/v1/models", wish, model);
    return output.err(`${wish.slug} is made.\n`);
  }
  const { changed } = await client.patch(pathOf(wish.slug), { name: wish.name, enabled: wish.enabled, definition: wish.definition }, modelChanged);
  output.err(changed.length === 0 ? `${wish.slug} is as the file says.\n` : `${wish.slug}: ${changed.join(", ")} changed.\n`);
}

async function preview(client: ApiClient, output: Output, file: string, rows: string): Promise<void> {
  const { definition } = await fileOf(file);
  const found = await client.post("/api/v1/models/preview", { warehouse: definition.warehouse, query: definition.query, key: definition.key, limit: Number(rows) }, modelPreview);
  const shown = found.rows.map((one) => found.columns.map(({ name }) => cellText(one[name])));
  output.out(tableText([found.columns.map(({ name, type }) => `${name} (${type})`), ...shown]));
  for (const { message } of found.key_problems) output.err(`Key: ${message}\n`);
  output.err(`${countText(found.rows.length)} rows${found.is_cut ? ", and there are more" : ""}; ${found.took_ms} ms.\n`);
}

function cellText(value: unknown): string {
  return typeof value === "string" ? value.replace(/[\r\n\t]+/g, " ").slice(0, 60) : value === null || value === undefined ? "" : JSON.stringify(value).slice(0, 60);
}

function runText(run: ModelRunShown): string {
  const found = `${countText(run.added)} added, ${countText(run.changed)} changed, ${countText(run.removed)} removed`;
  switch (run.status) {
    case "waiting": return `Run ${run.id} waits.`;
    case "reading": return `Run ${run.id}: ${countText(run.rows)} rows read.`;
    case "comparing": return `Run ${run.id}: ${countText(run.compared)} of ${countText(run.rows + run.rows_before)} rows compared.`;
    case "done": return `Run ${run.id} is done: ${countText(run.rows)} rows, ${found}.`;
    case "asking": return `Run ${run.id} asks: ${found}. ${run.asks?.message ?? ""}`;
    case "failed": return `Run ${run.id} failed. ${run.problem?.message ?? ""}`;
    case "stopped": return `Run ${run.id} was stopped. ${run.problem?.message ?? ""}`;
    default: return run.status satisfies never;
  }
}

async function run(client: ApiClient, output: Output, slug: string, options: { readonly accept?: boolean; readonly wait: boolean }): Promise<void> {
  let now = await client.post(`${pathOf(slug)}/runs`, { accept: options.accept ?? false }, modelRun);
  while (options.wait && ["waiting", "reading", "comparing"].includes(now.status)) {
    await sleep(POLL_MS);
    now = await client.get(`${pathOf(slug)}/runs/${now.id}`, modelRun);
  }
  if (now.status === "failed" || now.status === "stopped") throw new CliError(runText(now), { hint: `Look at it: tributary models runs ${slug}` });
  output.err(`${runText(now)}\n`);
  if (now.status === "asking") output.err(`Look at it: tributary models changes ${slug} --run ${now.id}\nTake it:    tributary models accept ${slug} ${now.id}\n`);
}

async function runs(client: ApiClient, output: Output, slug: string): Promise<void> {
  const { data } = await client.get(`${pathOf(slug)}/runs?limit=20`, modelRunList);
  const rows = data.map((one) => [String(one.id), one.created_at, one.cause, one.status, countText(one.rows), countText(one.added), countText(one.changed), countText(one.removed), one.problem?.message ?? one.asks?.message ?? ""]);
  output.out(tableText([["RUN", "ASKED FOR", "BY", "STATUS", "ROWS", "ADDED", "CHANGED", "REMOVED", "WHY"], ...rows]));
}

async function changes(client: ApiClient, output: Output, slug: string, options: { readonly run?: string; readonly kind?: string; readonly limit: string }): Promise<void> {
  const query = new URLSearchParams({ limit: options.limit, ...(options.run === undefined ? {} : { run: options.run }), ...(options.kind === undefined ? {} : { change: options.kind }) });
  const { data } = await client.get(`${pathOf(slug)}/changes?${query.toString()}`, modelChanges);
  for (const one of data) output.out(`${JSON.stringify(one)}\n`);
}

async function row(client: ApiClient, output: Output, slug: string, key: readonly string[]): Promise<void> {
  const { data } = await client.get(`${pathOf(slug)}/rows/history?key=${encodeURIComponent(JSON.stringify(key))}`, rowHistory);
  for (const one of data) output.out(`${JSON.stringify(one)}\n`);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file === "-" ? "/dev/stdin" : file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CliError(`The file ${file} can't be read (${why}).`, { hint: "Check its name.", cause: error });
  }
}
