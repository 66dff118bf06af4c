// Links into an account, and how they get to people: by mail where mail is set up, or else shown once to whoever made them.
import type { PasswordLinkAnswer } from "@tributary/schema/api/members.ts";
import { createPasswordReset, PASSWORD_RESET_MS, type Account, type MadeInvitation } from "../governance/governance.ts";
import { invitationLetter, passwordResetLetter } from "../mail/mail.ts";
import type { ApiDeps } from "./api-deps.ts";

type MailDeps = Pick<ApiDeps, "mailer" | "publicUrl">;

export interface Delivered {
  readonly link: string | null;
  readonly mail: PasswordLinkAnswer["mail"];
}

export async function deliverInvitation(
  { mailer, publicUrl }: MailDeps, { invitation, secret }: MadeInvitation, names: { readonly workspace: string; readonly inviter: string | undefined },
): Promise<Delivered> {
  const link = `${publicUrl}/join/${secret}`;
  const mail = await mailer.send(invitation.email, invitationLetter({ ...names, link, expiresAt: invitation.expiresAt }));
  return { link: mail === "sent" ? null : link, mail };
}

/** Makes a link that sets a new password, and sends it. */
export async function deliverPasswordLink(
  { mailer, publicUrl, pool }: MailDeps & Pick<ApiDeps, "pool">, account: Account, nowMs: number,
): Promise<PasswordLinkAnswer> {
  const link = `${publicUrl}/reset-password/${await createPasswordReset(pool, account.id, nowMs)}`;
  const mail = await mailer.send(account.email, passwordResetLetter({ link }));
  return { account, link: mail === "sent" ? null : link, mail, expires_at: new Date(nowMs + PASSWORD_RESET_MS).toISOString() };
}
