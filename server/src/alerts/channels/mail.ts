// A mail to people who work here, by the installation's own mail server.
import { z } from "zod";
import { alertLetter } from "../../mail/mail.ts";
import { lineOf } from "../message.ts";
import type { ChannelKind } from "./channel.ts";

const ADDRESSES_MAX = 20;
const settings = z.strictObject({ to: z.array(z.email().max(254)).min(1).max(ADDRESSES_MAX) });

export const mailChannel: ChannelKind<z.output<typeof settings>> = {
  settings,
  hint: ({ to }) => `${to.map(shortened).slice(0, 3).join(", ")}${to.length > 3 ? `, +${to.length - 3}` : ""}`,
  async send({ mailer }, { to }, message) {
    const letter = alertLetter({ line: lineOf(message), sentence: message.sentence, workspace: message.workspace, link: message.url });
    const outcomes = await Promise.all(to.map((address) => mailer.send(address, letter)));
    if (outcomes.includes("not_set_up")) return { isSent: false, detail: "No mail server is set up (SMTP_URL)." };
    const failed = outcomes.filter((outcome) => outcome === "failed").length;
    // One that went out must not go out again because another did not.
    return failed < to.length ? { isSent: true } : { isSent: false, detail: "The mail server did not take it; the server's log says more." };
  },
};

/** Enough to know it again: `a…@example.com`. */
const shortened = (address: string): string => address.replace(/^(.).*@/, "$1…@");
