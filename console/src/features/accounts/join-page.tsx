// Where an invitation leads: a new account with name and password, or the one that is there and signed in.
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { OpenInvitation } from "@tributary/schema/api/members.ts";
import { ApiProblem, signInWithPassword, signOut, useToken } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { DoorCard } from "./door-card.tsx";
import { doorAnswer, invitationQuery } from "./door.ts";
import { useEnter } from "./use-enter.ts";

const t = texts.signIn.joinPage;
const route = getRouteApi("/join/$token");

interface JoinProps {
  readonly token: string;
  readonly invitation: OpenInvitation;
}

/** Which account this browser is signed in with, if any. */
const visitorQuery = { queryKey: ["door", "visitor"], queryFn: () => doorAnswer<{ readonly user: { readonly email: string } } | null>("get-session") };

export function JoinPage(): ReactNode {
  const { token } = route.useParams();
  const invitation = useQuery({ ...invitationQuery(token), retry: false });
  const visitor = useQuery(visitorQuery);
  const error = invitation.error ?? visitor.error;
  if (error) {
    const hasEnded = error instanceof ApiProblem && (error.status === 410 || error.status === 400);
    return (
      <DoorCard title={t.loading}>
        <ProblemNotice problem={error} {...(hasEnded ? {} : { onRetry: () => { void invitation.refetch(); void visitor.refetch(); } })} />
        {hasEnded ? <p className="dim">{t.ended}</p> : null}
      </DoorCard>
    );
  }
  if (!invitation.data || visitor.data === undefined) return <DoorCard title={t.loading}><Bar width={70} /><Bar width={40} /></DoorCard>;
  const props = { token, invitation: invitation.data };
  return (
    <DoorCard title={t.title(invitation.data.workspace)}>
      <p className="dim">{t.text(texts.roles[invitation.data.role].name)} {texts.roles[invitation.data.role].what}</p>
      {visitor.data ? <AsMyself {...props} own={visitor.data.user.email} /> : invitation.data.has_account ? <HasAccount {...props} /> : <NewAccount {...props} />}
    </DoorCard>
  );
}

function NewAccount({ token, invitation }: JoinProps): ReactNode {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { problem, isBusy, submit } = useEnter(undefined, async () => {
    const { email } = await doorAnswer<{ readonly email: string }>("join", { token, name, password });
    return !(await signInWithPassword(email, password));
  });
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput label={texts.signIn.email} type="email" name="email" autoComplete="username" readOnly value={invitation.email} />
      <TextInput label={t.name} name="name" autoComplete="name" maxLength={200} required withAsterisk={false} autoFocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <PasswordInput
        label={t.password} description={t.hint} name="password" autoComplete="new-password" minLength={12} maxLength={128} required withAsterisk={false}
        value={password} onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {problem ? <ProblemNotice problem={problem} /> : null}
      <Button type="submit" loading={isBusy} fullWidth mt={8}>{t.submit}</Button>
    </form>
  );
}

function HasAccount({ token, invitation }: JoinProps): ReactNode {
  return (
    <div className="stack">
      <p>{t.hasAccount(invitation.email)}</p>
      <Button component={Link} to="/sign-in" search={{ next: `/join/${token}` } as never} fullWidth>{t.signIn}</Button>
    </div>
  );
}

function AsMyself({ token, invitation, own }: JoinProps & { readonly own: string }): ReactNode {
  const client = useQueryClient();
  const { problem, isBusy, submit } = useEnter(undefined, async () => {
    useToken(undefined);
    await doorAnswer("join-as-myself", { token });
    return true;
  });
  if (own !== invitation.email) {
    const leave = async (): Promise<void> => {
      await signOut();
      await client.invalidateQueries({ queryKey: visitorQuery.queryKey });
    };
    return <div className="stack"><p>{t.other(invitation.email, own)}</p><Button variant="default" onClick={() => void leave()}>{t.signOut}</Button></div>;
  }
  return (
    <form className="stack" onSubmit={submit}>
      <p>{t.asMyself(own)}</p>
      {problem ? <ProblemNotice problem={problem} /> : null}
      <Button type="submit" loading={isBusy} fullWidth>{t.submit}</Button>
    </form>
  );
}
