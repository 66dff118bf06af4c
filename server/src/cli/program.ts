// The command `tributary` with all its commands, one file per command, run by cli.ts. Commands talk to the running server, never to its
// files; but backup copies them, with the server's help while it runs, and backup, restore and rebuild take a stopped server's place.
import { Command } from "commander";
import { accountCommand } from "./account.ts";
import { exportsCommand } from "./exports.ts";
import { alertsCommand } from "./alerts.ts";
import { audiencesCommand } from "./audiences.ts";
import { backupCommand } from "./backup.ts";
import { demoShopCommand } from "./demo-shop.ts";
import { destinationsCommand } from "./destinations.ts";
import { warehousesCommand } from "./warehouses.ts";
import { doctorCommand } from "./doctor.ts";
import { forgetCommand } from "./forget.ts";
import { importCommand } from "./import.ts";
import { modelsCommand } from "./models.ts";
import { rebuildCommand } from "./rebuild.ts";
import { restoreCommand } from "./restore.ts";
import { secretsCommand } from "./secrets.ts";
import { sqlCommand } from "./sql.ts";
import { startCommand } from "./start.ts";
import { statusCommand } from "./status.ts";
import { tokenCommand } from "./token.ts";
import { workspaceCommand } from "./workspace.ts";
import packageJson from "../../../package.json" with { type: "json" };

export function createProgram(): Command {
  const program = new Command("tributary")
    .description(packageJson.description)
    .version(packageJson.version)
    .showHelpAfterError("Run it with --help for what it takes.")
    .addHelpText("after", `
The server is found by TRIBUTARY_URL and TRIBUTARY_API_TOKEN, or else in the data directory
(TRIBUTARY_DATA_DIR, ./data when not set), where a running server leaves its address.`);

  const commands = [
    startCommand(), importCommand(), tokenCommand(), workspaceCommand(), demoShopCommand(), accountCommand(), audiencesCommand(), destinationsCommand(), warehousesCommand(), modelsCommand(), exportsCommand(), forgetCommand(), alertsCommand(), sqlCommand(), statusCommand(), doctorCommand(),
    backupCommand(), restoreCommand(), rebuildCommand(), secretsCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  return program;
}
