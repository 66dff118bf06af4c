// Every way in which alerts are told.
import type { AlertChannelKind } from "@tributary/schema/api/alerts.ts";
import { chatChannel } from "./chat.ts";
import type { ChannelKind } from "./channel.ts";
import { mailChannel } from "./mail.ts";
import { webhookChannel } from "./webhook.ts";

/** Their settings are parsed by their own shape before they are used. */
export const channelKinds = { mail: mailChannel, webhook: webhookChannel, chat: chatChannel } as unknown as Readonly<Record<AlertChannelKind, ChannelKind<unknown>>>;
