// The mails that are sent, as text and as simple HTML. Names in them were typed by people: each is escaped, and cut.

export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const NAME_LENGTH_MAX = 100;
const SUBJECT_LENGTH_MAX = 200;

export interface InvitationFacts {
  readonly workspace: string;
  readonly inviter: string | undefined;
  readonly link: string;
  readonly expiresAt: Date;
}

export function invitationLetter({ workspace, inviter, link, expiresAt }: InvitationFacts): Letter {
  const where = shortened(workspace);
  const who = inviter === undefined ? "You are invited" : `${shortened(inviter)} invites you`;
  return letter(`Join ${where} on Tributary`, [
    `${who} to work in ${where} on Tributary.`,
    { link, says: "Join" },
    `The link works once, until ${day(expiresAt)}. If you did not expect it, leave it be.`,
  ]);
}

export function passwordResetLetter({ link }: { readonly link: string }): Letter {
  return letter("Set a new password for Tributary", [
    "Somebody asked for a new password for your account. With this link you set one.",
    { link, says: "Set a new password" },
    "The link works once, for an hour. If it was not you who asked, leave it be: your password stays as it is.",
  ]);
}

export interface AlertFacts {
  /** For the subject: what has changed. */
  readonly line: string;
  readonly sentence: string;
  readonly workspace: string;
  readonly link: string;
}

export function alertLetter({ line, sentence, workspace, link }: AlertFacts): Letter {
  return letter(shortened(line, SUBJECT_LENGTH_MAX), [sentence, { link, says: "Look at it" }, `Workspace: ${shortened(workspace)}. Alerts are set up in the console, under Settings, Alerts.`]);
}

type Part = string | { readonly link: string; readonly says: string };

function letter(subject: string, parts: readonly Part[]): Letter {
  const text = parts.map((part) => (typeof part === "string" ? part : part.link)).join("\n\n");
  const html = parts.map((part) => (typeof part === "string" ? `<p>${escaped(part)}</p>` : linkParts(part))).join("\n");
  return { subject: oneLine(subject), text: `${text}\n`, html: `<div style="font-family:sans-serif;font-size:15px;line-height:1.5">\n${html}\n</div>\n` };
}

function linkParts({ link, says }: { readonly link: string; readonly says: string }): string {
  const address = escaped(link);
  return `<p><a href="${address}">${escaped(says)}</a></p>\n<p>${address}</p>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

/** A name within a sentence: on one line, without what turns the writing direction, never the whole of a novel. */
function shortened(name: string, lengthMax = NAME_LENGTH_MAX): string {
  const line = oneLine(name).replace(/\p{Bidi_Control}/gu, "").trim();
  const characters = [...line];
  return characters.length <= lengthMax ? line : `${characters.slice(0, lengthMax).join("")}…`;
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}
