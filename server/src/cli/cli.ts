// Runs the command `tributary` (program.ts).
import { errorText } from "./cli-error.ts";
import { processOutput } from "./output.ts";
import { createProgram } from "./program.ts";

try {
  await createProgram().parseAsync();
} catch (error) {
  processOutput.err(errorText(error));
  process.exitCode = 1;
}
