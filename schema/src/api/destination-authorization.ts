// How destinations are connected to vendors where somebody signs in.
import { z } from "zod";
import { isoTime } from "./answer-parts.ts";

export const authorization = z
  .strictObject({
    source: z.enum(["consent", "settings", "none"]).meta({ description: "`consent`: somebody signs in at the vendor; `settings`: the vendor gives tokens for the settings alone; `none`: it takes no tokens." }),
    vendor: z.string().nullable(), documentation: z.string().nullable().meta({ description: "Of the vendor, where its addresses and scopes are from." }),
    redirect_uri: z.string().meta({ description: "To be registered with the vendor's app." }),
    missing: z.array(z.string()).meta({ description: "What the settings lack for it." }),
    scopes_wanted: z.array(z.string()), is_authorized: z.boolean().meta({ description: "Tokens are kept." }),
    connected_at: isoTime.nullable(), connected_by: z.string().nullable(), connected_by_name: z.string().nullable(),
    scopes: z.string().nullable().meta({ description: "As the vendor gave them." }),
    token_expires_at: isoTime.nullable().meta({ description: "Of the first one; it is renewed by itself where the vendor allows." }),
    waiting_until: isoTime.nullable().meta({ description: "Somebody has begun to connect it." }),
    problem: z.strictObject({
      code: z.enum(["unknown_state", "expired", "other_account", "settings_changed", "denied", "vendor_error", "no_code", "not_exchanged"]), text: z.string(),
      detail: z.string().meta({ description: "What the vendor said, if it did." }), at: isoTime,
    }).nullable().meta({ description: "Why the last try came to nothing." }),
  })
  .meta({ id: "Authorization" });
export type Authorization = z.infer<typeof authorization>;

export const authorizationBegun = z.strictObject({ url: z.string(), redirect_uri: z.string(), expires_at: isoTime }).meta({ id: "AuthorizationBegun" });
export type AuthorizationBegun = z.infer<typeof authorizationBegun>;
export const authorizationFinish = z.strictObject({ address: z.string().min(1).max(20_000).meta({ description: "The whole address that the vendor sent the browser to." }) });
const token = z.string().min(1).max(16_000).regex(/^[\x21-\x7e]+$/, "Printable characters without spaces.");
export const authorizationTokens = z.strictObject({ access_token: token, refresh_token: token.optional() });
export const authorizationForgotten = z.strictObject({ revoked: z.boolean().meta({ description: "The vendor took them back." }) });
export type AuthorizationForgotten = z.infer<typeof authorizationForgotten>;
