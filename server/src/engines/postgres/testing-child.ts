// A process for tests that starts the embedded Postgres (or only takes the lock) and then waits to be killed. Prints one
// line of JSON: what it got, or the AppError that it met.
import { AppError } from "../../core/errors.ts";
import { createLogger } from "../../core/logger.ts";
import { lockDataDirectory, startPostgres } from "./postgres.ts";

const [what, dataDir = ""] = process.argv.slice(2);

function say(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

try {
  if (what === "lock") {
    await lockDataDirectory(dataDir);
    say({ locked: true });
  } else {
    const postgres = await startPostgres({ dataDir, logger: createLogger("silent") });
    say({ pid: postgres.pid(), connection: postgres.connection });
    process.once("SIGTERM", () => void postgres.stop().then(() => process.exit(0)));
  }
  setInterval(() => {}, 60_000);
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  say({ code: error.code, message: error.message, hint: error.hint });
}
