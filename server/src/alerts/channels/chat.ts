// A message into a chat by an incoming webhook, in the form that Slack, Mattermost and Rocket.Chat take.
import { z } from "zod";
import { lineOf } from "../message.ts";
import type { ChannelKind } from "./channel.ts";
import { hostOf, postJson } from "./post-json.ts";

const settings = z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(2_000) });

/** Names were typed by people; these three would begin a link or call everybody. */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export const chatChannel: ChannelKind<z.output<typeof settings>> = {
  settings,
  hint: ({ url }) => hostOf(url),
  urlOf: ({ url }) => url,
  send: (parts, { url }, message) =>
    postJson(parts, { url, body: JSON.stringify({ text: `${escaped(lineOf(message))} (${escaped(message.workspace)}) <${message.url}|Look at it>` }), headers: {}, secrets: [url] }),
};
