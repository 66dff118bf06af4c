// Starts the server from the environment, says where it is, and ends it on SIGTERM or SIGINT: what was taken in is
// finished first, within 30 seconds.
import "./heap-tuning.ts";
import { readConfig } from "./config.ts";
import { AppError } from "./core/errors.ts";
import { createLogger } from "./core/logger.ts";
import { startServer, version, type Server } from "./server.ts";

const STOP_WITHIN_MS = 28_000;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function greet({ url, made }: Server): void {
  say(`\nTributary ${version} is ready at ${url}`);
  say(`  Reference of the API: ${url}/api/docs`);
  if (made.print.writeKey !== undefined) say(`  Write key of the source "website" (shown once): ${made.print.writeKey}`);
  if (made.print.apiToken !== undefined) say(`  API token (shown once): ${made.print.apiToken}`);
  if (made.print.owner !== undefined) say(`  Sign in as ${made.print.owner.email} with the password (shown once): ${made.print.owner.password}`);
  say("");
}

function fail(error: unknown): never {
  if (error instanceof AppError) process.stderr.write(`${error.code}: ${error.message}\n  ${error.hint}\n`);
  else process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

try {
  const config = readConfig(process.env);
  const logger = createLogger(config.logLevel);
  const starting = startServer({ config, logger, onStep: (text) => say(`${text}…`) });
  let isStopping = false;
  const stop = (signal: string): void => {
    if (isStopping) return;
    isStopping = true;
    say(`${signal}: finishing what was taken in…`);
    setTimeout(() => fail(new Error("Stopping took too long; what was not finished goes on at the next start.")), STOP_WITHIN_MS).unref();
    void starting.then((server) => server.stop()).then(() => process.exit(0), fail);
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  greet(await starting);
} catch (error) {
  fail(error);
}
