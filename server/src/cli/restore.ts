// `tributary restore`: a copy becomes a data directory again.
import { Command } from "commander";
import { readConfig } from "../config.ts";
import { countText, createProgressLine, processOutput, sizeText, type Output } from "./output.ts";

export function restoreCommand(output: Output = processOutput): Command {
  return new Command("restore").description("put a copy into an empty data directory, checking every file")
    .argument("<folder>", "the copy that `tributary backup` made")
    .action(async (copy: string) => {
      // Only this command needs the engines' lock.
      const { restore } = await import("../maintenance/restore.ts");
      const { dataDir } = readConfig(process.env);
      const line = createProgressLine(output);
      const { files, bytes } = await restore({
        copy, dataDir, onProgress: ({ done, total }) => line.show(`restoring: ${sizeText(done)} of ${sizeText(total)}`, performance.now()),
      }).finally(() => line.clear());
      output.out(`Restored ${dataDir}: ${countText(files)} files, ${sizeText(bytes)}, each found whole. Start the server as usual.\n`);
    });
}
