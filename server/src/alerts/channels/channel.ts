// What a way of telling alerts is. Each is one file here.
import type { z } from "zod";
import type { Outbound } from "../../outbound/outbound.ts";
import type { Mailer } from "../../mail/mail.ts";
import type { AlertMessage } from "../message.ts";

export interface ChannelParts {
  readonly outbound: Outbound;
  readonly mailer: Mailer;
  readonly nowMs: () => number;
}

/** `detail`: for people, without what is secret. */
export type Told = { readonly isSent: true } | { readonly isSent: false; readonly detail: string };

export interface ChannelKind<Settings> {
  readonly settings: z.ZodType<Settings>;
  /** What may be shown of where it goes. */
  hint(settings: Settings): string;
  /** Where it goes to, to be looked at before it is kept. */
  urlOf?(settings: Settings): string;
  /** `key`: the same for the same telling, so that a receiver can tell one that came twice. */
  send(parts: ChannelParts, settings: Settings, message: AlertMessage, key: string): Promise<Told>;
}
