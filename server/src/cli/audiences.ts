// `tributary audiences`: writes the audiences into a file, and makes them as a file says, so that they can be reviewed and kept like code.
import { readFile, writeFile } from "node:fs/promises";
import { Command } from "commander";
import { applyAnswer, exportAnswer } from "@tributary/schema/api/audiences.ts";
import type { z } from "zod";
import { withServer, type ApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { countText, processOutput, tableText, type Output } from "./output.ts";

type Plan = z.infer<typeof applyAnswer>["plan"];

export function audiencesCommand(output: Output = processOutput): Command {
  return new Command("audiences").description("write the audiences into a file, and make them as a file says")
    .addCommand(new Command("export").description("write the audiences in use as YAML")
      .argument("[file]", "where to; standard output when not said")
      .option("--folder <folder>", "those of a folder, and of the folders within it")
      .action((file: string | undefined, options: { folder?: string }) => withServer(process.env, (client) => exportTo(client, output, file, options))))
    .addCommand(new Command("apply").description("make, change and restore what a file has; all of it or nothing")
      .argument("<file>", "as `tributary audiences export` writes it; - for standard input")
      .option("--dry-run", "show what would change, who would enter and who would leave, and change nothing")
      .option("--prune", "archive the audiences that the file leaves out")
      .action((file: string, options: { dryRun?: boolean; prune?: boolean }) => withServer(process.env, (client) => apply(client, output, file, options))));
}

async function exportTo(client: ApiClient, output: Output, file: string | undefined, { folder }: { folder?: string }): Promise<void> {
  const { yaml } = await client.get(`/api/v1/audiences/export${folder === undefined ? "" : `?folder=${encodeURIComponent(folder)}`}`, exportAnswer);
  if (file === undefined) return output.out(yaml);
  await writeFile(file, yaml);
  output.err(`Written to ${file}.\n`);
}

async function apply(client: ApiClient, output: Output, file: string, options: { dryRun?: boolean; prune?: boolean }): Promise<void> {
  const yaml = await read(file);
  const { plan, dry_run: isDry } = await client.post(`/api/v1/audiences/apply?dry_run=${options.dryRun ?? false}`, { yaml, prune: options.prune ?? false }, applyAnswer);
  const shown = plan.filter(({ action, enter, leave }) => action !== "keep" || (enter ?? 0) + (leave ?? 0) > 0);
  if (shown.length > 0) output.out(planText(shown, isDry));
  const kept = plan.length - shown.length;
  const changed = plan.filter(({ action }) => action !== "keep").length;
  output.err(`${isDry ? "Dry run, nothing was changed: " : ""}${countText(changed)} ${changed === 1 ? "audience" : "audiences"} ${isDry ? "would change" : "changed"}, ${countText(kept)} as they are.\n`);
}

function planText(plan: Plan, isDry: boolean): string {
  const people = (count: number | null): string => (count === null ? "?" : countText(count));
  const rows = plan.map(({ slug, action, fields, enter, leave }) => [action, slug, ...(isDry ? [`+${people(enter)}`, `-${people(leave)}`] : []), fields.join(", ")]);
  return tableText([["ACTION", "AUDIENCE", ...(isDry ? ["ENTER", "LEAVE"] : []), "CHANGES"], ...rows]);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file === "-" ? "/dev/stdin" : file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CliError(`The file ${file} can't be read (${why}).`, { hint: "Check its name.", cause: error });
  }
}
