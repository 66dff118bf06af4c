// The command `tributary`: one file per command. Commands talk to the running server, never to its files.
import { Command } from "commander";
import { errorText } from "./cli-error.ts";
import { doctorCommand } from "./doctor.ts";
import { importCommand } from "./import.ts";
import { processOutput } from "./output.ts";
import { startCommand } from "./start.ts";
import { statusCommand } from "./status.ts";
import { tokenCommand } from "./token.ts";
import packageJson from "../../../package.json" with { type: "json" };

const program = new Command("tributary")
  .description(packageJson.description)
  .version(packageJson.version)
  .showHelpAfterError("Run it with --help for what it takes.")
  .addHelpText("after", `
The server is found by TRIBUTARY_URL and TRIBUTARY_API_TOKEN, or else in the data directory
(TRIBUTARY_DATA_DIR, ./data when not set), where a running server leaves its address.`);

for (const command of [startCommand(), importCommand(), tokenCommand(), statusCommand(), doctorCommand()]) program.addCommand(command);

try {
  await program.parseAsync();
} catch (error) {
  processOutput.err(errorText(error));
  process.exitCode = 1;
}
