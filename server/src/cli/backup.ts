// `tributary backup`: a copy of the data directory, read back and checked; of a server that runs with its help.
import { setPriority } from "node:os";
import { Command } from "commander";
import { z } from "zod";
import { backupBegun, backupCut, backupEnded } from "@tributary/schema/api/backups.ts";
import { readConfig } from "../config.ts";
import { createLogger } from "../core/logger.ts";
import type { RunningServer } from "../maintenance/backup.ts";
import { createApiClient, type ApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { countText, createProgressLine, processOutput, sizeText, type Output } from "./output.ts";
import { findServer } from "./server-address.ts";
import packageJson from "../../../package.json" with { type: "json" };

/** Beside a server that runs, its work goes before. */
const COPYING_NICENESS = 10;

export function backupCommand(output: Output = processOutput): Command {
  return new Command("backup").description("copy the data directory, of the running server or of the stopped one, and check the copy")
    .argument("<folder>", "where the copy goes; empty or not there yet")
    .action(async (target: string) => {
      // Only this command needs the engines.
      const { backup } = await import("../maintenance/backup.ts");
      const config = readConfig(process.env);
      const abort = new AbortController();
      const breakOff = (): void => abort.abort(new CliError("The backup was broken off.", { hint: "Nothing of it is kept. Run it again." }));
      process.once("SIGINT", breakOff).once("SIGTERM", breakOff);
      const line = createProgressLine(output);
      let client: ApiClient | undefined;
      const { files, bytes, wasRunning } = await backup({
        config, logger: createLogger("warn"), target, version: packageJson.version, nowMs: Date.now(), signal: abort.signal,
        onProgress: ({ step, done, total }) => line.show(`${step}: ${sizeText(done)} of ${sizeText(total)}`, performance.now()),
        running: async () => {
          // The server of this directory, whatever other one the environment names: its files are copied.
          setPriority(COPYING_NICENESS);
          client = createApiClient(await findServer({ TRIBUTARY_DATA_DIR: config.dataDir }));
          return serverOf(client);
        },
      }).finally(async () => {
        line.clear();
        await client?.close();
      });
      const of = wasRunning ? "of the running server " : "";
      output.out(`Copied ${config.dataDir} ${of}to ${target}: ${countText(files)} files, ${sizeText(bytes)}, all read back and found whole.\n`);
    });
}

const anything = z.object({});

function serverOf(client: ApiClient): RunningServer {
  return {
    begin: () => client.post("/api/v1/backups", {}, backupBegun),
    renew: (id) => client.post(`/api/v1/backups/${id}/renewal`, {}, anything),
    cut: (id) => client.post(`/api/v1/backups/${id}/cut`, {}, backupCut),
    end: (id, outcome) => client.delete(`/api/v1/backups/${id}?outcome=${outcome}`, backupEnded),
  };
}
