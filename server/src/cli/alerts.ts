// `tributary alerts`: what is wrong and what was, who looks after it, what is watched, and whom it is told.
import { Command } from "commander";
import {
  alertChannel, alertChannelList, alertChannelTest, alertDetail, alertList, alertRules, alertShown, type AlertChannelKind, type AlertRuleShown, type AlertShown,
} from "@tributary/schema/api/alerts.ts";
import { withServer, type ApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { processOutput, tableText, type Output } from "./output.ts";

const HOUR_MS = 3_600_000;

export function alertsCommand(output: Output = processOutput): Command {
  const to = (work: (client: ApiClient) => Promise<void>): Promise<void> => withServer(process.env, work);
  return new Command("alerts").description("what is wrong: list, acknowledge, snooze; what is watched, and whom it is told")
    .addCommand(new Command("list").description("the alerts that are open").option("--all", "closed ones too").action((options: { all?: boolean }) => to((client) => list(client, output, options.all ?? false))))
    .addCommand(new Command("show").description("one alert, and what was told of it").argument("<id>").action((id: string) => to((client) => show(client, output, id))))
    .addCommand(new Command("acknowledge").description("say that you look after it").argument("<id>").action((id: string) => to(async (client) => {
      said(output, await client.post(`${pathOf(id)}/acknowledge`, undefined, alertShown));
    })))
    .addCommand(new Command("snooze").description("tell nobody for some hours; 0 ends it").argument("<id>").argument("<hours>").action((id: string, hours: string) => to((client) => snooze(client, output, id, hours))))
    .addCommand(rulesCommand(output, to))
    .addCommand(channelsCommand(output, to));
}

type To = (work: (client: ApiClient) => Promise<void>) => Promise<void>;

const pathOf = (id: string): string => `/api/v1/alerts/${encodeURIComponent(id)}`;
const timeText = (iso: string | null): string => (iso === null ? "" : iso.slice(0, 16).replace("T", " "));
const stateText = ({ status, snoozed }: AlertShown): string => (snoozed === null || status === "closed" ? status : `${status}, snoozed until ${timeText(snoozed.until)}`);

function said(output: Output, alert: AlertShown): void {
  output.out(`${alert.id} is ${stateText(alert)}: ${alert.sentence}\n`);
}

async function list(client: ApiClient, output: Output, isAll: boolean): Promise<void> {
  const { data } = await client.get(`/api/v1/alerts?limit=200&status=${isAll ? "all" : "open"}`, alertList);
  if (data.length === 0) return output.err("Nothing is wrong.\n");
  output.out(tableText([["ID", "STATE", "SINCE (UTC)", "WHAT"], ...data.map((one) => [String(one.id), stateText(one), timeText(one.since), one.sentence])]));
}

async function show(client: ApiClient, output: Output, id: string): Promise<void> {
  const alert = await client.get(pathOf(id), alertDetail);
  said(output, alert);
  output.out(`Since ${timeText(alert.since)}, opened ${timeText(alert.opened_at)}${alert.closed_at === null ? "" : `, closed ${timeText(alert.closed_at)}`} (UTC).\n`);
  if (alert.acknowledged) output.out(`Acknowledged by ${alert.acknowledged.by_name ?? alert.acknowledged.by}.\n`);
  if (alert.tellings.length === 0) return output.out("No channel was told.\n");
  output.out(tableText([["CHANNEL", "CHANGE", "STATE", "ATTEMPTS", "PROBLEM"], ...alert.tellings.map((one) => [one.channel_name, one.change, one.status, String(one.attempts), one.status === "sent" ? "" : one.detail])]));
}

async function snooze(client: ApiClient, output: Output, id: string, hours: string): Promise<void> {
  const count = Number(hours);
  if (!Number.isFinite(count) || count < 0) throw new CliError(`${hours} is no number of hours.`, { hint: "Such as 4, or 0.5; 0 ends it." });
  said(output, await client.post(`${pathOf(id)}/snooze`, { until: count === 0 ? null : new Date(Date.now() + count * HOUR_MS).toISOString() }, alertShown));
}

// ── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function rulesCommand(output: Output, to: To): Command {
  return new Command("rules").description("what is watched, with which settings")
    .addCommand(new Command("list").action(() => to(async (client) => output.out(rulesText((await client.get("/api/v1/alert-rules", alertRules)).data)))))
    .addCommand(new Command("set").description("such as: set queue_old minutes=30; set source_silent by=set minutes=60 --subject source:4").argument("<kind>").argument("[settings...]", "name=value; what is left out is as by default")
      .option("--subject <subject>", "for one thing alone, such as source:4").option("--off", "watch it no longer")
      .action((kind: string, settings: string[], options: { subject?: string; off?: boolean }) => to(async (client) => {
        const { data } = await client.put("/api/v1/alert-rules", { kind, subject: options.subject ?? "", enabled: options.off !== true, params: paramsOf(settings) }, alertRules);
        output.out(rulesText(data.filter((one) => one.kind === kind)));
      })))
    .addCommand(new Command("reset").description("take a rule back to what is in force without it").argument("<kind>").option("--subject <subject>")
      .action((kind: string, options: { subject?: string }) => to(async (client) => {
        output.out(rulesText((await client.post("/api/v1/alert-rules/reset", { kind, subject: options.subject ?? "" }, alertRules)).data.filter((one) => one.kind === kind)));
      })));
}

function paramsOf(settings: readonly string[]): Record<string, string | number> {
  return Object.fromEntries(settings.map((one) => {
    const [name = "", ...rest] = one.split("=");
    if (rest.length === 0) throw new CliError(`${one} is no setting.`, { hint: "Write name=value, such as minutes=30." });
    const value = rest.join("=");
    return [name, value !== "" && Number.isFinite(Number(value)) ? Number(value) : value];
  }));
}

function rulesText(rules: readonly AlertRuleShown[]): string {
  const settings = (params: AlertRuleShown["params"]): string => Object.entries(params).map(([name, value]) => `${name}=${value}`).join(" ");
  const row = (kind: string, subject: string, rule: Pick<AlertRuleShown, "enabled" | "is_default" | "params">): string[] => [kind, subject, rule.enabled ? "on" : "off", rule.is_default ? "default" : "set", settings(rule.params)];
  return tableText([["KIND", "OF", "STATE", "BY", "SETTINGS"], ...rules.flatMap((one) => [row(one.kind, "all", one), ...(one.subjects?.own ?? []).map((own) => row(one.kind, own.subject, own))])]);
}

// ── Channels ──────────────────────────────────────────────────────────────────────────────────────────────────────

function channelsCommand(output: Output, to: To): Command {
  const add = (kind: AlertChannelKind, description: string, settings: (where: string, options: { secret?: string }) => object): Command =>
    new Command(kind).description(description).argument("<name>").argument("<where>").option("--secret <secret>", "webhook: signs each request")
      .action((name: string, where: string, options: { secret?: string }) => to(async (client) => {
        const made = await client.post("/api/v1/alert-channels", { kind, name, settings: settings(where, options) }, alertChannel);
        output.out(`Channel ${made.id} is told what changes from now on. Try it: tributary alerts channels test ${made.id}\n`);
      }));
  return new Command("channels").description("whom alerts are told")
    .addCommand(new Command("list").action(() => to(async (client) => {
      const { data } = await client.get("/api/v1/alert-channels", alertChannelList);
      output.out(tableText([["ID", "KIND", "NAME", "WHERE", "STATE", "WAITING"], ...data.map((one) => [String(one.id), one.kind, one.name, one.hint, one.enabled ? "on" : "off", String(one.waiting)])]));
    })))
    .addCommand(new Command("add").description("add one")
      .addCommand(add("mail", "addresses, with commas", (where) => ({ to: where.split(",").map((one) => one.trim()) })))
      .addCommand(add("webhook", "an address of your own, signed with a secret", (url, { secret }) => ({ url, ...(secret === undefined ? {} : { secret }) })))
      .addCommand(add("chat", "an incoming webhook of a chat", (url) => ({ url }))))
    .addCommand(new Command("test").description("send a message that says that it is a test").argument("<id>").action((id: string) => to(async (client) => {
      const { ok, detail } = await client.post(`/api/v1/alert-channels/${encodeURIComponent(id)}/test`, undefined, alertChannelTest);
      if (!ok) throw new CliError(`It was not taken: ${detail ?? ""}`, { hint: "Correct its address, and try again." });
      output.err("It works.\n");
    })))
    .addCommand(new Command("remove").argument("<id>").action((id: string) => to(async (client) => {
      output.err(`${(await client.delete(`/api/v1/alert-channels/${encodeURIComponent(id)}`, alertChannel)).name} is told no longer.\n`);
    })));
}
