// One member: role, a link for a new password, and removing them with what would end.
import { Button, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { MemberAnswer, PasswordLinkAnswer } from "@tributary/schema/api/members.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { CopyIcon } from "../../ui/copy.tsx";
import { When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { LinkOnce } from "./link-once.tsx";
import { memberQuery, membersQuery } from "./queries.ts";
import { rolesFor } from "./roles-for.ts";
import { sessionQuery, type Session } from "./session.ts";

const t = texts.members.panel;

interface MemberPanelProps {
  readonly member: MemberAnswer;
  readonly members: readonly MemberAnswer[];
  readonly session: Session;
  readonly onClose: () => void;
}

export function MemberPanel({ member, members, session, onClose }: MemberPanelProps): ReactNode {
  const [isRemoving, setRemoving] = useState(false);
  const isOwn = session.account?.id === member.id;
  const mayTouch = rolesFor(session).includes(member.role);
  return (
    <Panel title={member.name} onClose={onClose} over>
      <dl className="facts">
        <dt>{texts.members.columns.email}</dt><dd className="row"><bdi>{member.email}</bdi><CopyIcon value={member.email} /></dd>
        <dt>{t.since}</dt><dd><When at={member.since} /></dd>
        <dt>{t.by}</dt><dd><bdi>{actorName(member.by, members)}</bdi></dd>
        <dt>{texts.members.columns.twoFactor}</dt>
        <dd><State tone={member.two_factor ? "good" : "plain"}>{member.two_factor ? texts.members.twoFactor.on : texts.members.twoFactor.off}</State></dd>
      </dl>
      <RoleChoice member={member} session={session} isOpen={mayTouch} />
      {mayTouch && !isOwn ? <PasswordLink member={member} /> : null}
      {mayTouch || isOwn ? <div><Button variant="subtle" color="red" onClick={() => setRemoving(true)}>{isOwn ? t.leave : t.remove}</Button></div> : null}
      {isRemoving ? <Remove member={member} isOwn={isOwn} onRemoved={onClose} onClose={() => setRemoving(false)} /> : null}
    </Panel>
  );
}

function actorName(by: string, members: readonly MemberAnswer[]): string {
  const [kind, id = ""] = by.split(":");
  if (kind === "account") return members.find((one) => one.id === id)?.name ?? t.unknown;
  return kind === "token" ? t.token(id) : t.system;
}

function RoleChoice({ member, session, isOpen }: { readonly member: MemberAnswer; readonly session: Session; readonly isOpen: boolean }): ReactNode {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (role: string) => change("PATCH", `/members/${member.id}`, { role }),
    onSuccess: async () => {
      await Promise.all([client.invalidateQueries({ queryKey: membersQuery.queryKey }), client.invalidateQueries({ queryKey: sessionQuery.queryKey })]);
      toast({ text: t.roleChanged });
    },
  });
  const roles = isOpen ? rolesFor(session) : [member.role];
  const shown = save.isPending ? (roles.find((one) => one === save.variables) ?? member.role) : member.role;
  return (
    <div className="stack">
      <NativeSelect
        label={t.role} description={texts.roles[shown].what} inputWrapperOrder={["label", "input", "description", "error"]} disabled={!isOpen || save.isPending} value={shown}
        data={roles.map((value) => ({ value, label: texts.roles[value].name }))} onChange={(event) => save.mutate(event.currentTarget.value)}
      />
      {save.error ? <ProblemNotice problem={save.error} /> : null}
    </div>
  );
}

function PasswordLink({ member }: { readonly member: MemberAnswer }): ReactNode {
  const make = useMutation({ mutationFn: () => change<PasswordLinkAnswer>("POST", `/members/${member.id}/password-link`) });
  return (
    <div className="stack">
      {make.data ? <LinkOnce made={make.data} sent={t.passwordLinkSent(member.email)} expiresAt={make.data.expires_at} /> : (
        <div><Button variant="default" loading={make.isPending} onClick={() => make.mutate()}>{t.passwordLink}</Button></div>
      )}
      <p className="dim">{t.passwordLinkText}</p>
      {make.error ? <ProblemNotice problem={make.error} /> : null}
    </div>
  );
}

interface RemoveProps {
  readonly member: MemberAnswer;
  readonly isOwn: boolean;
  readonly onRemoved: () => void;
  readonly onClose: () => void;
}

function Remove({ member, isOwn, onRemoved, onClose }: RemoveProps): ReactNode {
  const client = useQueryClient();
  const detail = useQuery(memberQuery(member.id));
  const remove = useMutation({
    mutationFn: () => change("DELETE", `/members/${member.id}`),
    onSuccess: async () => {
      // Who has left sees nothing of this workspace any more.
      if (isOwn) return location.assign("/");
      onRemoved();
      // The list alone: what is told of the one who is gone can't be asked again.
      await client.invalidateQueries({ queryKey: membersQuery.queryKey, exact: true });
    },
  });
  return (
    <AskDialog title={isOwn ? t.leaveTitle : t.removeTitle(member.name)} error={remove.error} onClose={onClose}
      action={<Button color="red" loading={remove.isPending} disabled={detail.isPending} onClick={() => remove.mutate()}>{isOwn ? t.leave : t.removeSubmit}</Button>}
    >
      <p>{t.removeText}</p>
      {detail.error ? <ProblemNotice problem={detail.error} onRetry={() => void detail.refetch()} /> : <p>{detail.data ? t.removeTokens(detail.data.tokens) : <Bar width={70} />}</p>}
    </AskDialog>
  );
}
