// `tributary start`: the server, in this process, exactly as `npm start` runs it.
import { Command } from "commander";

export function startCommand(): Command {
  return new Command("start")
    .description("start the server; settings come from the environment (see docs)")
    .action(async () => {
      // By address and not by import: every other command must not load the whole server.
      await import(new URL("../main.ts", import.meta.url).href);
    });
}
