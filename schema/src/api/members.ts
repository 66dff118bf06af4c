// Who asks, and who works in a workspace.
import { z } from "zod";
import { isoTime, pageOf, scope } from "./answer-parts.ts";
import { role } from "./roles.ts";
import { numberParam } from "./workspace.ts";

/** Lower case, as accounts are found by it. */
export const accountEmail = z.email().max(254).toLowerCase();

export const accountShown = z.strictObject({ id: z.string(), name: z.string(), email: z.string() });
const workspaceShown = z.strictObject({ id: z.int(), slug: z.string(), name: z.string() });

export const meAnswer = z
  .strictObject({
    account: accountShown.extend({ two_factor: z.boolean().meta({ description: "Whether signing in asks for a code." }) }).nullable().meta({ description: "Null for a token." }),
    workspace: workspaceShown,
    role: role.nullable().meta({ description: "Null for a token." }),
    scopes: z.array(scope),
    workspaces: z.array(workspaceShown.extend({ role: role.nullable() })).meta({
      description: "All that the account is a member of, the first being the one that is taken when none is named; of a token, its own.",
    }),
  })
  .meta({ id: "Me" });
export type MeAnswer = z.infer<typeof meAnswer>;

export const memberAnswer = z
  .strictObject({
    id: z.string().meta({ description: "The account's." }),
    name: z.string(),
    email: z.string(),
    role,
    since: isoTime,
    by: z.string().meta({ description: "Who took them in, as `actor` in the audit log." }),
    two_factor: z.boolean().meta({ description: "Whether they sign in with a second factor." }),
  })
  .meta({ id: "Member" });
export type MemberAnswer = z.infer<typeof memberAnswer>;

export const memberList = pageOf(memberAnswer);

export const memberCreateBody = z.strictObject({
  email: accountEmail,
  name: z.string().trim().min(1).max(200).optional().meta({ description: "Made from the address when absent; an account that exists keeps its own." }),
  role,
});

export const memberCreated = z.strictObject({
  member: memberAnswer,
  password: z.string().nullable().meta({
    description: "The new account's, shown this once: pass it on by a safe way. Null where the address had an account, which keeps its password.",
  }),
});

export const memberDetail = z
  .strictObject({
    member: memberAnswer,
    tokens: z.int().meta({ description: "How many working tokens end when they are removed: those that they made, and those made with these." }),
  })
  .meta({ id: "MemberDetail" });
export type MemberDetail = z.infer<typeof memberDetail>;

export const memberPatchBody = z.strictObject({ role });

export const memberParams = z.strictObject({ id: z.string().min(1).max(64).meta({ description: "The account's id." }) });

export const mePatchBody = z.strictObject({ name: z.string().trim().min(1).max(200) });

/** What became of a mail: `not_set_up` where no mail server is named. */
export const mailed = z.enum(["sent", "failed", "not_set_up"]);

/** Shown only where no mail carries it. */
const link = z.url().nullable().meta({ description: "Shown this once, and only where no mail went out: pass it on by a safe way. It works once." });

export const passwordLinkAnswer = z.strictObject({ account: accountShown, link, mail: mailed, expires_at: isoTime });
export type PasswordLinkAnswer = z.infer<typeof passwordLinkAnswer>;

export const invitationAnswer = z
  .strictObject({
    id: z.int(),
    email: z.string(),
    role,
    by: z.string().meta({ description: "Who invited, as `actor` in the audit log." }),
    created_at: isoTime,
    expires_at: isoTime,
  })
  .meta({ id: "Invitation" });
export type InvitationAnswer = z.infer<typeof invitationAnswer>;

export const invitationList = pageOf(invitationAnswer);

export const invitationBody = z.strictObject({ email: accountEmail, role });

export const invitationMade = z.strictObject({ invitation: invitationAnswer, link, mail: mailed });
export type InvitationMade = z.infer<typeof invitationMade>;

export const invitationParams = z.strictObject({ id: numberParam });

// What the pages for people who are not signed in ask, at /api/auth.

export const waysIn = z.strictObject({
  mail: z.boolean().meta({ description: "Whether a forgotten password is answered by mail." }),
  single_sign_on: z.strictObject({ name: z.string() }).nullable(),
});
export type WaysIn = z.infer<typeof waysIn>;

export const linkSecret = z.string().min(20).max(200);

export const openInvitation = z.strictObject({ email: z.string(), workspace: z.string(), role, has_account: z.boolean(), expires_at: isoTime });
export type OpenInvitation = z.infer<typeof openInvitation>;

export const passwordResetBody = z.strictObject({ email: accountEmail });

export const passwordResetAnswer = z.strictObject({
  account: accountShown,
  password: z.string().meta({ description: "Shown this once and kept nowhere." }),
});
