// Who is invited and has not joined yet: another link, or withdraw.
import { Button } from "@mantine/core";
import { useMutation, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { InvitationAnswer, InvitationMade } from "@tributary/schema/api/members.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { useNow, When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { MadeInvitation } from "./invite.tsx";
import { invitationsQuery } from "./queries.ts";

const t = texts.members.pending;

export function PendingInvitations({ invitations }: { readonly invitations: UseQueryResult<readonly InvitationAnswer[]> }): ReactNode {
  const client = useQueryClient();
  const nowMs = useNow();
  const [made, setMade] = useState<InvitationMade>();
  const refresh = () => client.invalidateQueries({ queryKey: invitationsQuery.queryKey });
  const resend = useMutation({
    mutationFn: (id: number) => change<InvitationMade>("POST", `/invitations/${id}/resend`),
    onSuccess: async (answer) => {
      setMade(answer);
      await refresh();
    },
  });
  const withdraw = useMutation({ mutationFn: (id: number) => change("DELETE", `/invitations/${id}`), onSettled: refresh });
  const error = invitations.error ?? resend.error ?? withdraw.error;
  return (
    <Card title={t.title} bare>
      {error ? <div className="card-body"><ProblemNotice problem={error} onRetry={() => void invitations.refetch()} /></div> : null}
      {invitations.isPending ? <div className="pending-row"><Bar width={50} /></div> : null}
      {invitations.data?.length === 0 ? <p className="dim card-body">{t.gone}</p> : null}
      <div role="list" aria-label={t.title}>
        {invitations.data?.map(({ id, email, role, expires_at: expiresAt }) => (
          <div className="pending-row" role="listitem" key={id}>
            <Value value={email} />
            <span>{texts.roles[role].name}</span>
            <span className="dim">{Date.parse(expiresAt) > nowMs ? <>{t.columns.expires} <When at={expiresAt} /></> : <State tone="attention">{t.expired}</State>}</span>
            <span className="row">
              <Button variant="subtle" size="compact-sm" loading={resend.isPending && resend.variables === id} onClick={() => resend.mutate(id)} aria-label={t.resendLabel(email)}>{t.resend}</Button>
              <Button variant="subtle" color="red" size="compact-sm" loading={withdraw.isPending && withdraw.variables === id} onClick={() => withdraw.mutate(id)} aria-label={t.withdrawLabel(email)}>{t.withdraw}</Button>
            </span>
          </div>
        ))}
      </div>
      {made ? <MadeInvitation made={made} onClose={() => setMade(undefined)} /> : null}
    </Card>
  );
}
