// `tributary workspace`: makes and lists workspaces.
import { Command } from "commander";
import { workspaceCreated, workspaceList } from "@tributary/schema/api/workspaces.ts";
import { readAll, withServer, type ApiClient } from "./api-client.ts";
import { processOutput, tableText, type Output } from "./output.ts";

export function workspaceCommand(output: Output = processOutput): Command {
  return new Command("workspace").description("make and list workspaces")
    .addCommand(new Command("create").description("make a workspace; its write key and its API token are shown once")
      .argument("<name>", "what people call it")
      .option("--slug <slug>", "what programs call it, for ever; made from the name when absent")
      .action((name: string, options: { slug?: string }) => withServer(process.env, (client) => create(client, output, { name, ...options }))))
    .addCommand(new Command("list").description("list the workspaces that the token may see")
      .action(() => withServer(process.env, (client) => list(client, output))));
}

async function create(client: ApiClient, output: Output, wish: { name: string; slug?: string }): Promise<void> {
  const { workspace, source, key, secret } = await client.post("/api/v1/workspaces", wish, workspaceCreated);
  output.err(`Workspace ${workspace.id} (${workspace.slug}) takes events from its source "${source.slug}". Both secrets are shown this once:\n`);
  output.out(tableText([["WRITE_KEY", key.write_key], ["API_TOKEN", secret]]));
}

async function list(client: ApiClient, output: Output): Promise<void> {
  const workspaces = await readAll(client, "/api/v1/workspaces", workspaceList);
  const rows = workspaces.map(({ id, slug, name, created_at: madeAt }) => [String(id), slug, name, madeAt]);
  output.out(tableText([["ID", "SLUG", "NAME", "MADE"], ...rows]));
}
