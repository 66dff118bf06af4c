// `tributary backup`: a copy of the stopped server's data directory, read back and checked.
import { Command } from "commander";
import { readConfig } from "../config.ts";
import { createLogger } from "../core/logger.ts";
import { countText, createProgressLine, processOutput, sizeText, type Output } from "./output.ts";
import packageJson from "../../../package.json" with { type: "json" };

export function backupCommand(output: Output = processOutput): Command {
  return new Command("backup").description("copy the data directory of the stopped server, and check the copy")
    .argument("<folder>", "where the copy goes; empty or not there yet")
    .action(async (target: string) => {
      // Only this command needs the engines.
      const { backup } = await import("../maintenance/backup.ts");
      const config = readConfig(process.env);
      const line = createProgressLine(output);
      const { files, bytes } = await backup({
        config, logger: createLogger("warn"), target, version: packageJson.version, nowMs: Date.now(),
        onProgress: ({ step, done, total }) => line.show(`${step}: ${sizeText(done)} of ${sizeText(total)}`, performance.now()),
      }).finally(() => line.clear());
      output.out(`Copied ${config.dataDir} to ${target}: ${countText(files)} files, ${sizeText(bytes)}, all read back and found whole.\n`);
    });
}
