// An event on one line of a timeline: the page, what was recorded by hand in words, or the first few values. Pure.
import type { TimelineEvent } from "@tributary/schema/api/profiles.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { texts } from "../../texts/texts.ts";
import { valueText } from "../../ui/format.ts";

const t = texts.profiles;
const VALUES = 3;

export function summaryOf(event: TimelineEvent): string {
  const { properties } = event;
  const called = event.type === "page" || event.type === "screen" ? properties["name"] : undefined;
  if (event.page_url !== "" && event.type === "page") return valueText(typeof called === "string" && called !== "" ? `${called}   ${event.page_url}` : event.page_url, 160);
  if (isRecorded(event)) return recorded(properties);
  return Object.entries(properties).slice(0, VALUES).map(([name, value]) => `${valueText(name, 30)}: ${valueText(value, 40)}`).join("   ");
}

function isRecorded({ type, message_id: messageId }: TimelineEvent): boolean {
  return type === "control" || messageId.startsWith("console-");
}

/** What was written or decided, and by whom; no ids. */
function recorded(properties: Readonly<Record<string, unknown>>): string {
  const { text, reason, traits, categories, author_name: author } = properties;
  const said = [
    ...[text, reason].filter((one) => typeof one === "string" && one !== "").map((one) => valueText(one, 120)),
    ...(isRecord(traits) ? Object.entries(traits).map(([name, value]) => `${valueText(name, 40)}: ${value === null ? t.removed : valueText(value, 80)}`) : []),
    ...(isRecord(categories) ? Object.entries(categories).map(([category, granted]) => `${valueText(category, 40)}: ${(granted === true ? t.granted : t.denied).toLowerCase()}`) : []),
    ...(typeof author === "string" && author !== "" ? [texts.desk.by(valueText(author, 60))] : []),
  ];
  return said.join("   ");
}
