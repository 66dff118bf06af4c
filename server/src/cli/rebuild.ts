// `tributary rebuild`: everything that was decided is decided anew, from the events that were ever received.
import { Command } from "commander";
import { readConfig } from "../config.ts";
import { createLogger } from "../core/logger.ts";
import { CliError } from "./cli-error.ts";
import { countText, createProgressLine, durationText, processOutput, type Output } from "./output.ts";

export function rebuildCommand(output: Output = processOutput): Command {
  return new Command("rebuild").description("decide everything anew from the events that were ever received; the server must be stopped")
    .option("--force", "begin even where events have expired: what only they told of people is lost", false)
    .action(async ({ force }: { readonly force: boolean }) => {
      // Only this command needs the engines.
      const { rebuildData } = await import("../maintenance/rebuild.ts");
      const abort = new AbortController();
      const breakOff = (): void => abort.abort(new CliError("The rebuild was broken off.", {
        hint: "`tributary rebuild`, or the server when it is started, goes on where it stopped.",
      }));
      process.once("SIGINT", breakOff).once("SIGTERM", breakOff);
      const startedMs = performance.now();
      const line = createProgressLine(output);
      const { done, refused } = await rebuildData({
        config: readConfig(process.env), logger: createLogger("warn"), force, signal: abort.signal,
        onProgress: (now) => line.show(`${countText(now.done)} of ${countText(now.total)} events decided anew`, performance.now()),
      }).finally(() => line.clear());
      output.out(`${countText(done)} events decided anew in ${durationText(performance.now() - startedMs)}.\n`);
      if (refused === 0) return;
      output.out(`${countText(refused)} events that ClickHouse had refused may be left out; see GET /api/v1/refused-writes.\n`);
    });
}
