// `tributary secrets`: the keys under which settings and tokens of destinations are sealed, and how they are replaced.
import { Command } from "commander";
import { secretKeyList, secretKeysForgotten, secretRotation } from "@tributary/schema/api/secret-keys.ts";
import { withServer, type ApiClient } from "./api-client.ts";
import { countText, processOutput, tableText, type Output } from "./output.ts";

export function secretsCommand(output: Output = processOutput): Command {
  return new Command("secrets").description("replace the key under which secrets of destinations are sealed")
    .addCommand(new Command("status").description("say which keys there are, and how much is sealed under each")
      .action(() => withServer(process.env, (client) => status(client, output))))
    .addCommand(new Command("rotate").description("make a key and seal everything under it; run again, it finishes what was broken off")
      .action(() => withServer(process.env, (client) => rotate(client, output))))
    .addCommand(new Command("remove-old").description("remove the keys under which nothing is sealed any more from the data directory")
      .action(() => withServer(process.env, (client) => removeOld(client, output))));
}

const comesFrom = { setting: "TRIBUTARY_SECRET_KEYS", file: "the data directory", install: "the install's secret", missing: "NOWHERE: put it back" };

async function status(client: ApiClient, output: Output): Promise<void> {
  const { data } = await client.get("/api/v1/secret-keys", secretKeyList);
  const rows = data.map(({ id, from, is_current: isCurrent, sealed }) => [id, comesFrom[from], countText(sealed), isCurrent ? "seals from now on" : ""]);
  output.out(tableText([["KEY", "FROM", "SEALED", ""], ...rows]));
  if (data.some(({ from }) => from === "missing")) process.exitCode = 1;
}

async function rotate(client: ApiClient, output: Output): Promise<void> {
  const { key, is_new: isNew, resealed, unreadable } = await client.post("/api/v1/secret-keys/rotate", {}, secretRotation);
  output.out(`${countText(resealed)} texts sealed anew under the ${isNew ? "new " : ""}key ${key}.\n`);
  if (unreadable === 0) return;
  output.err(`${countText(unreadable)} can't be opened by any key and stay as they are: enter those settings anew, or put the missing key back.\n`);
  process.exitCode = 1;
}

async function removeOld(client: ApiClient, output: Output): Promise<void> {
  const { removed } = await client.delete("/api/v1/secret-keys/old", secretKeysForgotten);
  output.out(removed.length === 0 ? "No older key is in the data directory.\n" : `Removed ${removed.join(", ")}. Copies made before hold them still.\n`);
}
