// `tributary import FILE…`: several files as one import, streamed to the server, with progress; a break is mended by going
// on where the server stands, and what could not be mended is resumed later with --resume.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { parse as parseYaml, YAMLParseError } from "yaml";
import { z } from "zod";
import { pageOf } from "@tributary/schema/api/answer-parts.ts";
import {
  importContentAnswer, importError, importFormat, importMapping, importState,
  type CreateImport, type ImportFormat, type ImportMapping, type ImportPreview, type ImportState,
} from "@tributary/schema/import.ts";
import { createApiClient, type ApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { contentHash, openFile, readFiles, type LocalFile } from "./import-files.ts";
import { countText, createProgressLine, durationText, processOutput, tableText, type Output } from "./output.ts";
import { findServer, type Environment } from "./server-address.ts";

/** How often a broken upload is taken up again before the command gives up, and the longest wait between. */
const TRIES_MAX = 12;
const WAIT_MAX_MS = 15_000;
/** Bytes of one request, so that each is short however large the file is; more where a line is longer than that. */
const PART_BYTES = 16 * 1024 * 1024;
/** A gzipped file is inflated from its start for every part, so it has no more than this many. */
const GZIP_PARTS_MAX = 20;
const POLL_MS = 1_000;
const ERRORS_SHOWN = 10;

export interface ImportOptions {
  readonly mapping?: string;
  readonly format?: ImportFormat;
  readonly timeZone?: string;
  readonly decimalMark?: "." | ",";
  readonly source?: string;
  readonly name?: string;
  readonly dryRun?: true;
  readonly again?: true;
  readonly live?: true;
  /** true: the unfinished import of these files. */
  readonly resume?: number | true;
}

export function importCommand(output: Output = processOutput): Command {
  return new Command("import").description("import CSV or NDJSON files (also .gz) as one import; exit code 2 when lines were refused")
    .argument("<files...>", "the files, in order")
    .option("--mapping <file>", "YAML or JSON that says what becomes of the columns; without it the files are Segment-shaped")
    .addOption(new Option("--format <format>", "when neither the mapping nor the file's name says it").choices(importFormat.options))
    .option("--time-zone <zone>", "IANA zone of times without an offset, such as Europe/London")
    .addOption(new Option("--decimal-mark <mark>", "what stands between a number's whole and its fraction").choices([".", ","]))
    .option("--source <slug>", "the source that the events belong to; made when there is none (default: made from the name)")
    .option("--name <name>", "what the import is called (default: the first file's name)")
    .option("--dry-run", "say what would happen and store nothing")
    .option("--resume [id]", "go on with an import that broke off", importId)
    .option("--again", "import the same content once more")
    .option("--live", "treat the events as news: destinations, journeys and alerts act on them")
    .action(async (files: string[], options: ImportOptions) => {
      process.exitCode = await runImport(process.env, output, files, options);
    });
}

function importId(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("It is the number of an import.");
  return Number(text);
}

/** The exit code: 0 when every line went in, 2 when some were refused. Throws CliError when the import did not come to its end. */
export async function runImport(env: Environment, output: Output, paths: readonly string[], options: ImportOptions): Promise<number> {
  const mapping = options.mapping === undefined ? undefined : await readMapping(options.mapping);
  const progress = createProgressLine(output);
  const files = await readFiles(paths, (name) => progress.show(`Reading ${name}…`, performance.now()));
  progress.clear();
  const client = createApiClient(await findServer(env));
  try {
    const wish = wishOf(files, mapping, options);
    const state = options.resume === undefined ? await client.post("/api/v1/imports", wish, importState) : await findUnfinished(client, files, options.resume);
    if (!options.dryRun) output.err(`Import ${state.id} (${state.name}), source ${state.source}: ${files.length} ${files.length === 1 ? "file" : "files"}.\n`);
    const { state: ended, preview } = await sendFiles(client, output, files, state);
    if (preview) output.out(previewText(preview));
    else output.out(await resultText(client, ended));
    return (preview ?? ended).refused > 0 ? 2 : 0;
  } finally {
    await client.close();
  }
}

async function readMapping(path: string): Promise<ImportMapping> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new CliError(`The mapping ${path} can't be read.`, { hint: "Check the path.", cause: error });
  }
  const parsed = importMapping.safeParse(yamlOf(text, path));
  if (parsed.success) return parsed.data;
  throw new CliError(`The mapping ${path} is not valid:\n${z.prettifyError(parsed.error)}`, { hint: "See docs/import.md and docs/examples/ for what a mapping holds." });
}

function yamlOf(text: string, path: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new CliError(`The mapping ${path} is not YAML: ${error.message}`, { hint: "Correct it." });
    throw error;
  }
}

function wishOf(files: readonly LocalFile[], mapping: ImportMapping | undefined, options: ImportOptions): CreateImport {
  const format = mapping?.format ?? options.format ?? formatOf(files);
  const reading = {
    ...(options.timeZone === undefined ? {} : { time_zone: options.timeZone }), ...(options.decimalMark === undefined ? {} : { decimal_mark: options.decimalMark }),
  };
  return {
    name: options.name ?? basename(files[0]?.path ?? "import").replace(/(\.(csv|ndjson|jsonl|json|gz))+$/i, ""),
    format, ...reading, files: files.map(({ name, bytes }) => ({ name, bytes })),
    content_hash: contentHash(files, { mapping: mapping ?? null, format, ...reading }),
    ...(mapping ? { mapping } : {}), ...(options.source ? { source: options.source } : {}), ...(options.dryRun ? { dry_run: true } : {}),
    ...(options.again ? { again: true } : {}), ...(options.live ? { historical: false } : {}),
  };
}

function formatOf(files: readonly LocalFile[]): ImportFormat {
  const formats = new Set(files.map(({ path }) => (/\.csv(\.gz)?$/i.test(path) ? "csv" : /\.(ndjson|jsonl)(\.gz)?$/i.test(path) ? "ndjson" : "unknown")));
  const [format] = formats;
  if (formats.size === 1 && format !== undefined && format !== "unknown") return format;
  throw new CliError("The names of the files don't say whether they are CSV or NDJSON.", { hint: "Say --format csv or --format ndjson." });
}

async function findUnfinished(client: ApiClient, files: readonly LocalFile[], resume: number | true): Promise<ImportState> {
  const isSame = ({ files: theirs = [] }: ImportState): boolean =>
    theirs.length === files.length && theirs.every((file, index) => file.name === files[index]?.name && file.bytes === files[index]?.bytes);
  const isOpen = (state: ImportState): boolean => state.status === "uploading" || state.status === "running";
  if (resume !== true) {
    const state = await client.get(`/api/v1/imports/${resume}?include=files`, importState);
    if (!isOpen(state)) throw new CliError(`Import ${resume} is ${state.status}; there is nothing to go on with.`, { hint: state.failure ?? "Start a new import." });
    if (!isSame(state)) throw new CliError(`Import ${resume} was started with other files.`, { hint: `Give the same files in the same order: ${(state.files ?? []).slice(0, 5).map(({ name }) => name).join(", ")}…` });
    return state;
  }
  const { data } = await client.get("/api/v1/imports?limit=200", pageOf(importState));
  for (const { id } of data.filter((state) => isOpen(state) && state.file_count === files.length)) {
    const state = await client.get(`/api/v1/imports/${id}?include=files`, importState);
    if (isSame(state)) return state;
  }
  throw new CliError("There is no unfinished import of these files.", { hint: "Start it without --resume, or name the import: --resume ID." });
}

interface Sent {
  readonly state: ImportState;
  readonly preview: ImportPreview | undefined;
}

async function sendFiles(client: ApiClient, output: Output, files: readonly LocalFile[], from: ImportState): Promise<Sent> {
  const watch = createWatch(client, output, files, from);
  let state = from;
  let preview: ImportPreview | undefined;
  try {
    for (let failures = 0, growth = 1; state.file < files.length;) {
      const file = files[state.file];
      if (!file) break;
      const bytesMax = growth * partBytes(file);
      try {
        const offset = state.bytes_done;
        const hasMore = offset + bytesMax < file.bytes;
        const path = `/api/v1/imports/${state.id}/content?file=${state.file}&offset=${offset}&more=${hasMore}`;
        const answer = await client.upload(path, openFile(file, { offset, bytesMax }, watch.count), importContentAnswer);
        ({ import: state, preview } = answer);
        growth = hasMore && state.bytes_done === offset ? growth * 2 : 1;
        failures = 0;
      } catch (error) {
        const before = state;
        state = await afterBreak(client, { state, error, failures: failures + 1 });
        // Only breaks without any progress between them are counted: a slow line may break often.
        failures = state.file === before.file && state.bytes_done === before.bytes_done ? failures + 1 : 0;
      }
      watch.at(state);
    }
  } finally {
    await watch.end();
  }
  return { state, preview };
}

function partBytes(file: LocalFile): number {
  return file.isGzip ? Math.max(PART_BYTES, Math.ceil(file.bytes / GZIP_PARTS_MAX)) : PART_BYTES;
}

/** Waits, and tells from where to go on; throws when that makes no sense or was tried too often. */
async function afterBreak(client: ApiClient, { state, error, failures }: { state: ImportState; error: unknown; failures: number }): Promise<ImportState> {
  const isPassing = error instanceof CliError && ["unreachable", "overloaded", "unavailable", "rate_limited", "request_timeout", "conflict", "internal"].includes(error.code);
  if (!isPassing || state.dry_run || failures >= TRIES_MAX) throw givenUp(error, state);
  await sleep(Math.min(WAIT_MAX_MS, 250 * 2 ** failures));
  try {
    const now = await client.get(`/api/v1/imports/${state.id}`, importState);
    if (now.status === "uploading" || now.status === "running" || now.file > state.file) return now;
    throw new CliError(`Import ${state.id} is ${now.status}. ${now.failure ?? ""}`, { hint: "Withdraw it (POST /api/v1/imports/ID/withdraw) and import again with what is wrong put right." });
  } catch (again) {
    if (again instanceof CliError && again.code === "unreachable") return state;
    throw again;
  }
}

function givenUp(error: unknown, state: ImportState): unknown {
  if (!(error instanceof CliError) || state.dry_run || error.code === "bad_request" || error.code === "limit_reached") return error;
  return new CliError(error.message, { hint: `${error.hint} Then go on with the same files and --resume ${state.id}.`, code: error.code, cause: error });
}

/** The progress line: bytes as they leave here, events as the server tells them. */
function createWatch(client: ApiClient, output: Output, files: readonly LocalFile[], from: ImportState) {
  const line = createProgressLine(output);
  const bytesTotal = files.reduce((sum, file) => sum + file.bytes, 0);
  const startedAtMs = performance.now();
  const bytesBefore = (state: ImportState): number => files.slice(0, state.file).reduce((sum, file) => sum + file.bytes, 0) + state.bytes_done;
  const startBytes = bytesBefore(from);
  let bytes = startBytes;
  let { accepted } = from;
  const stop = new AbortController();
  function show(): void {
    const nowMs = performance.now();
    const elapsedMs = nowMs - startedAtMs;
    const share = bytesTotal === 0 ? 1 : bytes / bytesTotal;
    const perMs = (bytes - startBytes) / Math.max(1, elapsedMs);
    const left = perMs > 0 ? `, ${durationText((bytesTotal - bytes) / perMs)} left` : "";
    const rate = Math.round(((accepted - from.accepted) / Math.max(1, elapsedMs)) * 1000);
    const events = from.dry_run ? "" : `, ${countText(accepted)} events, ${countText(rate)}/s`;
    line.show(`${(share * 100).toFixed(1)} %${events}${left}`, nowMs);
  }
  async function poll(): Promise<void> {
    while (!stop.signal.aborted) {
      await sleep(POLL_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return;
      const state = await client.get(`/api/v1/imports/${from.id}`, importState).catch(() => null);
      if (state) accepted = Math.max(accepted, state.accepted);
      show();
    }
  }
  const polling = from.dry_run ? Promise.resolve() : poll();
  return {
    count: (more: number) => {
      bytes += more;
      show();
    },
    at: (state: ImportState) => {
      bytes = bytesBefore(state);
      accepted = Math.max(accepted, state.accepted);
      show();
    },
    end: async () => {
      stop.abort();
      await polling;
      line.clear();
    },
  };
}

async function resultText(client: ApiClient, state: ImportState): Promise<string> {
  let text = `Import ${state.id} is ${state.status}: ${countText(state.lines)} lines became ${countText(state.accepted)} events`
    + `; ${countText(state.skipped)} lines were skipped, ${countText(state.refused)} refused.\n`;
  if (state.refused === 0) return text;
  const { data } = await client.get(`/api/v1/imports/${state.id}/errors?limit=${ERRORS_SHOWN}`, pageOf(importError));
  text += errorsText(data);
  if (state.refused > data.length) text += `More at GET /api/v1/imports/${state.id}/errors\n`;
  return text;
}

function errorsText(errors: readonly z.infer<typeof importError>[]): string {
  return tableText(errors.map(({ file, line, code, message }) => [`${file}:${line}`, code, message]));
}

function previewText(preview: ImportPreview): string {
  const { people } = preview;
  let text = `Dry run, nothing was stored: ${countText(preview.lines)} lines would become ${countText(preview.events)} events`
    + `; ${countText(preview.skipped)} lines skipped, ${countText(preview.refused)} refused.\n\n`;
  text += tableText(Object.entries(preview.events_by_name).map(([name, count]) => [name, countText(count)]));
  text += `\nPeople: ${people.complete ? "" : "at least "}${countText(people.new)} new, ${countText(people.matched)} known; ${countText(people.events_without_person)} events of nobody.\n`;
  if (preview.columns_not_used.length > 0) text += `Columns that nothing reads: ${preview.columns_not_used.join(", ")}\n`;
  const codes = Object.entries(preview.errors_by_code).map(([code, count]) => [code, countText(count)]);
  if (codes.length > 0) text += `\nRefused lines:\n${tableText(codes)}${errorsText(preview.errors.slice(0, ERRORS_SHOWN))}`;
  const [first] = preview.first_events;
  if (first !== undefined) text += `\nThe first event:\n${JSON.stringify(first, null, 2)}\n`;
  return text;
}
