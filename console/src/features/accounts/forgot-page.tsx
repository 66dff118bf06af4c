// A forgotten password: asks for a link by mail. What it says is the same for addresses that have an account and others.
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { DoorCard } from "./door-card.tsx";
import { doorAnswer, waysQuery } from "./door.ts";

const t = texts.signIn.forgotPage;

export function ForgotPage(): ReactNode {
  const ways = useQuery(waysQuery);
  return (
    <DoorCard title={t.title}>
      {ways.isPending ? <Bar width={80} /> : null}
      {ways.error ? <ProblemNotice problem={ways.error} onRetry={() => void ways.refetch()} /> : null}
      {ways.data ? (ways.data.mail ? <AskForm /> : <p>{t.noMail}</p>) : null}
      <div className="row sign-in-ways"><Link to="/sign-in">{t.back}</Link></div>
    </DoorCard>
  );
}

function AskForm(): ReactNode {
  const [email, setEmail] = useState("");
  const ask = useMutation({ mutationFn: (address: string) => doorAnswer("forgot-password", { email: address }) });
  if (ask.isSuccess) return <p role="status">{t.sent(ask.variables)}</p>;
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); ask.mutate(email.trim()); }}>
      <p className="dim">{t.text}</p>
      <TextInput label={texts.signIn.email} type="email" name="email" autoComplete="username" required withAsterisk={false} autoFocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
      {ask.error ? <ProblemNotice problem={ask.error} /> : null}
      <Button type="submit" loading={ask.isPending} fullWidth mt={8}>{t.submit}</Button>
    </form>
  );
}
