// `tributary demo-shop`: loads the demo shop, says how far it is, and removes it.
import { Command } from "commander";
import { demoShopAnswer, demoShopMade, type DemoShopAnswer } from "@tributary/schema/api/demo-shop.ts";
import { withServer } from "./api-client.ts";
import { processOutput, tableText, type Output } from "./output.ts";

const PATH = "/api/v1/demo-shop";

export function demoShopCommand(output: Output = processOutput): Command {
  return new Command("demo-shop").description("load, watch and remove the demo shop")
    .addCommand(new Command("load").description("load it into a workspace of its own; a token for that is shown once")
      .option("--people <number>", "how many people", Number)
      .option("--days <number>", "how far its history goes back", Number)
      .option("--seed <text>", "what it is made from")
      .option("--pace <number>", "how much faster than the clock it goes on", Number)
      .action((options: object) => withServer(process.env, async (client) => {
        const { shop, secret } = await client.post(PATH, options, demoShopMade);
        if (secret !== null) output.err(`The token for the workspace "${shop.workspace?.slug}" is shown this once:\n`);
        output.out(tableText([...(secret === null ? [] : [["API_TOKEN", secret]]), ...rowsOf(shop)]));
      })))
    .addCommand(new Command("status").description("how far it is")
      .action(() => withServer(process.env, async (client) => output.out(tableText(rowsOf(await client.get(PATH, demoShopAnswer)))))))
    .addCommand(new Command("remove").description("remove it with everything in it")
      .action(() => withServer(process.env, async (client) => output.out(tableText(rowsOf(await client.delete(PATH, demoShopAnswer)))))));
}

function rowsOf({ state, workspace, progress, removal }: DemoShopAnswer): string[][] {
  return [
    ["STATE", state],
    ...(workspace ? [["WORKSPACE", workspace.slug]] : []),
    ...(progress ? [["APPENDED", String(progress.appended)], ["OF", String(progress.total ?? "…")], ["DECIDED", String(progress.decided)], ["LANDED", String(progress.landed)]] : []),
    ...(removal ? [["REMOVAL", removal.step], ["ROWS REMOVED", String(removal.rows_removed)]] : []),
  ];
}
