// A request to an address of the user's own, signed like those of our webhook destination (docs/webhooks.md).
import { z } from "zod";
import { idempotencyHeader, SIGNING_SECRET_LENGTH_MIN, signatureHeader, timestampHeader, webhookSignature } from "../../core/webhook-signature.ts";
import type { ChannelKind } from "./channel.ts";
import { hostOf, postJson } from "./post-json.ts";

const settings = z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(2_000), secret: z.string().min(SIGNING_SECRET_LENGTH_MIN).max(500).optional() });

export const webhookChannel: ChannelKind<z.output<typeof settings>> = {
  settings,
  hint: ({ url }) => hostOf(url),
  urlOf: ({ url }) => url,
  async send(parts, { url, secret }, { change, kind, alertId, workspace, name, sentence, since, openedAt, closedAt, facts, url: link }, key) {
    const body = JSON.stringify({
      type: `alert.${change}`, alert: { id: alertId, kind, name, sentence, since, opened_at: openedAt, closed_at: closedAt, facts, url: link }, workspace,
    });
    const timestamp = String(Math.floor(parts.nowMs() / 1_000));
    const signed = secret === undefined ? {} : { [timestampHeader]: timestamp, [signatureHeader]: webhookSignature([secret], timestamp, body) };
    return postJson(parts, { url, body, headers: { [idempotencyHeader]: key, ...signed }, secrets: [url, ...(secret === undefined ? [] : [secret])] });
  },
};
