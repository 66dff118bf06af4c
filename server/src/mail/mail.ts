// Mail to people who work here: one server to send by, or none. What goes wrong is told to the caller and logged without
// addresses.
import { createTransport } from "nodemailer";
import type { Logger } from "../core/logger.ts";
import type { Letter } from "./letters.ts";

export { alertLetter, invitationLetter, passwordResetLetter, type Letter } from "./letters.ts";

const CONNECT_MS = 10_000;
const SEND_MS = 20_000;

/** `not_set_up`: no mail server is named. `failed`: it could not be reached, or refused. */
export type Sent = "sent" | "failed" | "not_set_up";

export interface Mailer {
  readonly isSetUp: boolean;
  send(to: string, letter: Letter): Promise<Sent>;
}

export interface MailOptions {
  /** smtp:// or smtps://, with user and password where the server wants them. */
  readonly smtpUrl: string;
  /** As in a From header. */
  readonly from: string;
}

export const noMailer: Mailer = { isSetUp: false, send: async () => "not_set_up" };

/** A password goes to the mail server sealed, or, where somebody has said so, as it is; never because TLS was missing from an answer on the way. */
function tlsOf({ username, searchParams }: URL): { readonly requireTLS?: true } {
  return username === "" || searchParams.get("requireTLS") === "false" ? {} : { requireTLS: true };
}

export function createMailer(options: MailOptions | undefined, logger: Logger): Mailer {
  if (options === undefined) return noMailer;
  const transport = createTransport({ url: options.smtpUrl, ...tlsOf(new URL(options.smtpUrl)), connectionTimeout: CONNECT_MS, greetingTimeout: CONNECT_MS, socketTimeout: SEND_MS });
  return {
    isSetUp: true,
    async send(to, letter) {
      try {
        await transport.sendMail({
          from: options.from,
          // An object, and not text that could name several addresses.
          to: { name: "", address: to },
          subject: letter.subject,
          text: letter.text,
          html: letter.html,
          disableFileAccess: true,
          disableUrlAccess: true,
        });
        return "sent";
      } catch (error) {
        const { code, responseCode } = error as { code?: unknown; responseCode?: unknown }; // Fields of nodemailer's errors; its message may quote the address.
        logger.error({ part: "mail", code, responseCode }, "a mail could not be sent");
        return "failed";
      }
    },
  };
}
