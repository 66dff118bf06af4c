// Who asks, and who works in a workspace.
import { z } from "zod";
import { isoTime, pageOf, scope } from "./answer-parts.ts";
import { role } from "./roles.ts";

/** Lower case, as accounts are found by it. */
export const accountEmail = z.email().max(254).toLowerCase();

const accountShown = z.strictObject({ id: z.string(), name: z.string(), email: z.string() });
const workspaceShown = z.strictObject({ id: z.int(), slug: z.string(), name: z.string() });

export const meAnswer = z
  .strictObject({
    account: accountShown.nullable().meta({ description: "Null for a token." }),
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
  })
  .meta({ id: "Member" });
export type MemberAnswer = z.infer<typeof memberAnswer>;

export const memberList = pageOf(memberAnswer);
export type MemberList = z.infer<typeof memberList>;

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

export const memberPatchBody = z.strictObject({ role });

export const memberParams = z.strictObject({ id: z.string().min(1).max(64).meta({ description: "The account's id." }) });

export const passwordResetBody = z.strictObject({ email: accountEmail });

export const passwordResetAnswer = z.strictObject({
  account: accountShown,
  password: z.string().meta({ description: "Shown this once and kept nowhere." }),
});
