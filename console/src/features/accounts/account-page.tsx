// One's own account: name, password, second factor, sessions, and how the console looks here.
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { IconKey } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { toast } from "../../ui/toast.tsx";
import { Appearance } from "./appearance.tsx";
import { OwnPassword } from "./own-password.tsx";
import { OwnSessionList } from "./own-session-list.tsx";
import { sessionQuery, type Session } from "./session.ts";
import { TwoFactor } from "./two-factor.tsx";
import "./account-page.css";

const t = texts.accounts;

export function AccountPage(): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { account } = session;
  return (
    <Page title={t.title} sentence={<bdi>{account === null ? session.who : account.email}</bdi>}>
      <div className="account-grid">
        {account === null ? <Empty icon={<IconKey size={28} stroke={1.4} />} title={t.noAccount.title} text={t.noAccount.text} /> : (
          <>
            <Who account={account} role={session.role} />
            <TwoFactor isOn={account.two_factor} />
            <OwnPassword email={account.email} />
            <OwnSessionList />
          </>
        )}
        <Appearance />
      </div>
    </Page>
  );
}

function Who({ account, role }: { readonly account: NonNullable<Session["account"]>; readonly role: Session["role"] }): ReactNode {
  const client = useQueryClient();
  const [name, setName] = useState(account.name);
  const save = useMutation({
    mutationFn: () => change("PATCH", "/me", { name: name.trim() }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      toast({ text: t.saved });
    },
  });
  const isChanged = name.trim() !== "" && name.trim() !== account.name;
  return (
    <Card title={t.facts.title}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); if (isChanged) save.mutate(); }}>
        <div className="row account-name">
          <TextInput className="grow" label={t.facts.name} maxLength={200} autoComplete="name" value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Button type="submit" disabled={!isChanged} loading={save.isPending}>{t.save}</Button>
        </div>
        {save.error ? <ProblemNotice problem={save.error} /> : null}
        <dl className="facts">
          <dt>{t.facts.email}</dt><dd><bdi>{account.email}</bdi></dd>
          {role === null ? null : <><dt>{t.facts.role}</dt><dd>{texts.roles[role].name}. <span className="dim">{texts.roles[role].what}</span></dd></>}
        </dl>
      </form>
    </Card>
  );
}
