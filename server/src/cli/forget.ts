// `tributary forget`: a person who asked for it is forgotten here and at every destination; and what came of that.
import { Command } from "commander";
import { forgetPersonAnswer, forgetting, forgettingDetail, forgettingList, type ForgettingShown } from "@tributary/schema/api/forgettings.ts";
import { withServer, type ApiClient } from "./api-client.ts";
import { processOutput, tableText, type Output } from "./output.ts";

interface AskOptions {
  readonly reason?: string;
  readonly also: readonly string[];
}

export function forgetCommand(output: Output = processOutput): Command {
  const to = (work: (client: ApiClient) => Promise<void>): Promise<void> => withServer(process.env, work);
  const act = (name: string, description: string, action: "retry" | "done_by_hand"): Command =>
    new Command(name).description(description).argument("<id>").argument("<destination>").action((id: string, slug: string) => to(async (client) => {
      output.out(textOf(await client.post(`${pathOf(id)}/destinations/${encodeURIComponent(slug)}`, { action }, forgetting)));
    }));
  return new Command("forget").description("people who asked to be forgotten: ask, list, show, tell a destination again, note what was done by hand")
    .addCommand(new Command("person").description("forget somebody, here and at every destination; there is no way back").argument("<ref>", "an id of theirs, such as user_id:42 or email:ada@example.com")
      .option("--reason <text>", "kept in the audit log; name no personal data in it")
      .option("--also <identifier>", "of somebody who is suppressed already: another id of theirs; can be given again", (one: string, all: readonly string[]) => [...all, one], [] as readonly string[])
      .action((ref: string, options: AskOptions) => to((client) => forget(client, output, ref, options))))
    .addCommand(new Command("list").action(() => to((client) => list(client, output))))
    .addCommand(new Command("show").description("what every destination was told and answered, and the files in which they stood").argument("<id>").action((id: string) => to((client) => show(client, output, id))))
    .addCommand(act("retry", "tell a destination again that did not take it", "retry"))
    .addCommand(act("done", "note that somebody did it at the destination itself", "done_by_hand"));
}

const pathOf = (id: string): string => `/api/v1/forgettings/${encodeURIComponent(id)}`;
const timeText = (iso: string | null): string => (iso === null ? "" : iso.slice(0, 16).replace("T", " "));

async function forget(client: ApiClient, output: Output, ref: string, { reason, also }: AskOptions): Promise<void> {
  const made = await client.post(`/api/v1/profiles/${encodeURIComponent(ref)}/forget`, { ...(reason === undefined ? {} : { reason }), identifiers: also }, forgetPersonAnswer);
  output.out(made.forgetting === null ? "It is written down, and will be done in a moment: tributary forget list\n" : textOf(made.forgetting));
}

async function list(client: ApiClient, output: Output): Promise<void> {
  const { data } = await client.get("/api/v1/forgettings?limit=200", forgettingList);
  if (data.length === 0) return output.err("Nobody was forgotten.\n");
  const open = ({ destinations }: ForgettingShown): string => destinations.filter(({ status }) => !["told", "nothing", "done_by_hand"].includes(status)).map(({ slug, status }) => `${slug}: ${status}`).join(", ");
  output.out(tableText([["ID", "ASKED (UTC)", "STATE", "LEFT"], ...data.map((one) => [String(one.id), timeText(one.asked_at), one.status, open(one)])]));
}

async function show(client: ApiClient, output: Output, id: string): Promise<void> {
  const one = await client.get(pathOf(id), forgettingDetail);
  output.out(textOf(one));
  if (one.files.length > 0) output.out(tableText([["FILE", "OF", "LEFT (UTC)", "BY"], ...one.files.map((file) => [`${file.kind} (${file.format})`, file.what, timeText(file.created_at), file.created_by_name ?? file.created_by])]));
}

function textOf(one: ForgettingShown): string {
  const head = `${one.id} is ${one.status}: asked ${timeText(one.asked_at)} (UTC) by ${one.asked_by_name ?? one.asked_by}.\n`;
  const rows = [
    ...one.destinations.map((at) => [at.slug, at.status, timeText(at.done_at), at.detail || at.code]),
    ...one.models.map((model) => [`model ${model.slug}`, model.status, timeText(model.done_at), model.status === "erased" ? `${model.rows} rows` : ""]),
    ["what was sent", one.sent_erased_at === null ? "waiting" : "erased", timeText(one.sent_erased_at), ""],
  ];
  return `${head}${tableText([["WHERE", "STATE", "DONE (UTC)", "SAID"], ...rows])}`;
}
