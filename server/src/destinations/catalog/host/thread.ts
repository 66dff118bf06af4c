// A thread that runs destinations: it loads what it is asked for, answers each job, and counts its pulse, by which the server sees
// whether it still comes to anything. It is handed no environment but what its connections need.
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { createSecretCutter, recordExchanges, secretTexts, type OutboundClient } from "../../../outbound/outbound.ts";
import type { PackageDefinition } from "../package-shapes.ts";
import { asDetail } from "../../own/outcome-of.ts";
import { calls, type Call } from "./call.ts";
import { PULSE_EVERY_MS, type Answer, type FromThread, type Job, type ThreadData, type ThreadPart, type ToThread } from "./job.ts";
import { openCore, type PackageDestination } from "./package-core.ts";
import { runJob } from "./run-job.ts";

export type OpenDefinitions = (options: unknown) => (slug: string) => PackageDefinition;
export type OpenClient = (options: unknown) => OutboundClient;

const port = parentPort;
if (!port) throw new Error("thread.ts runs in a worker thread");
const data = workerData as ThreadData; // Made with this type by pool.ts.
const tell = (message: FromThread): void => port.postMessage(message);

fence();
const client = (await open<OpenClient>(data.client))(data.client.options);
const load = (await open<OpenDefinitions>(data.definitions))(data.definitions.options);
const core = openCore(data.requestTimeoutMs);
const loaded = new Map<string, PackageDestination>();
const running = new Map<number, AbortController>();

// From here on it has a pulse, and starting is over.
Atomics.add(data.pulse, 0, 1);
setInterval(() => Atomics.add(data.pulse, 0, 1), PULSE_EVERY_MS);
port.on("message", (message: ToThread) => {
  if (message.kind === "abort") return running.get(message.id)?.abort();
  void run(message);
});

async function open<T>({ file }: ThreadPart): Promise<T> {
  return ((await import(file)) as { open: T }).open; // Each such file exports it.
}

async function run({ id, job, timeoutMs }: Extract<ToThread, { readonly kind: "run" }>): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  const secrets = secretsOf(job);
  const cutter = createSecretCutter(secrets);
  const recording = recordExchanges(client, { secrets });
  const call: Call = { slug: job.connection.slug, client: recording.client, signal: controller.signal, wire: { kind: "none" }, trouble: undefined, requests: 0 };
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  // A destination that never comes back is left behind: from then on its requests go nowhere.
  const givenUp = new Promise<Answer>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve(givenUpAnswer(job, isLate)), { once: true });
    timer = setTimeout(() => {
      isLate = true;
      controller.abort();
    }, timeoutMs);
  });
  const clean = (text: string): string => asDetail(cutter.text(text));
  const done = calls.run(call, async (): Promise<Answer> => runJob(job, { core, destination: find(job.connection.slug), call, clean }));
  const answer = await Promise.race([done, givenUp]).catch((error: unknown) => failedAnswer(job, clean(error instanceof Error ? error.message : String(error))));
  clearTimeout(timer);
  controller.abort();
  running.delete(id);
  tell({ kind: "answer", id, answer, exchanges: [...recording.exchanges] });
}

function find(slug: string): PackageDestination {
  const known = loaded.get(slug);
  if (known) return known;
  const made = new core.Destination(load(slug));
  loaded.set(slug, made);
  return made;
}

function givenUpAnswer(job: Job, isLate: boolean): Answer {
  const failure = isLate
    ? { kind: "retry", code: "timeout", detail: "The destination did not come to an end in time.", isOfDestination: true } as const
    : { kind: "retry", code: "aborted", detail: "It was given up.", isOfDestination: false } as const;
  return job.kind === "send" ? { kind: "outcomes", outcomes: job.items.map(() => failure) } : { kind: "failed", failure };
}

/** The destination itself could not be loaded. */
function failedAnswer(job: Job, detail: string): Answer {
  const failure = { kind: "refused", code: "destination_failed", detail } as const;
  return job.kind === "send" ? { kind: "outcomes", outcomes: job.items.map(() => failure) } : { kind: "failed", failure };
}

function secretsOf({ connection, ...job }: Job): string[] {
  const url = connection.slug === "slack" && job.kind === "send" ? job.items.map(({ payload }) => payload["url"]) : [];
  return secretTexts([connection.settings, connection.oauth, connection.app, url]);
}

/** Against what a library does by mistake; a thread is no wall against code that means harm. */
function fence(): void {
  const refuse = (): never => {
    throw new Error("Destinations start no programs and send no signals.");
  };
  for (const name of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"]) Reflect.set(childProcess, name, refuse);
  syncBuiltinESMExports();
  for (const name of ["kill", "abort", "chdir"]) Reflect.set(process, name, refuse);
  // What nobody waits for must not end the others' work.
  const stray = (error: unknown): void => tell({ kind: "stray", problem: error instanceof Error ? error.name : typeof error });
  process.on("unhandledRejection", stray);
  process.on("uncaughtException", stray);
}
