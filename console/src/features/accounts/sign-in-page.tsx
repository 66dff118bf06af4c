// The door: e-mail and password, or an API token.
import { Button, Card, PasswordInput, SegmentedControl, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useEffect, useState, type FormEvent, type ReactNode } from "react";
import { ApiProblem, signInWithPassword, useToken } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Mark } from "../../ui/mark.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Told } from "../../ui/told.tsx";
import { sessionQuery } from "./session.ts";
import "./sign-in.css";

const t = texts.signIn;
const route = getRouteApi("/sign-in");

export function SignInPage(): ReactNode {
  const { ended } = route.useSearch();
  const [way, setWay] = useState("password");
  useEffect(() => {
    document.title = t.title;
  }, []);
  return (
    <main className="sign-in">
      <Card withBorder padding="xl" radius={6} className="sign-in-card">
        <div className="sign-in-mark"><Mark size={28} /></div>
        <h1>{t.title}</h1>
        {ended ? <p className="dim">{t.ended}</p> : null}
        <SegmentedControl fullWidth value={way} onChange={setWay} data={[{ value: "password", label: t.withPassword }, { value: "token", label: t.withToken }]} />
        {way === "password" ? <PasswordForm /> : <TokenForm />}
      </Card>
    </main>
  );
}

function PasswordForm(): ReactNode {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { problem, isBusy, submit } = useSignIn(async () => {
    await signInWithPassword(email.trim(), password).catch((error: unknown) => {
      if (error instanceof ApiProblem && error.status === 401) throw new ApiProblem({ ...parts(error), message: t.wrongPassword, hint: "" });
      throw error;
    });
  });
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput label={t.email} type="email" name="email" autoComplete="username" required withAsterisk={false} autoFocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
      <PasswordInput label={t.password} name="password" autoComplete="current-password" required withAsterisk={false} value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
      {problem ? <ProblemNotice problem={problem} /> : null}
      <Button type="submit" loading={isBusy} fullWidth mt={8}>{t.submit}</Button>
    </form>
  );
}

function TokenForm(): ReactNode {
  const [token, setToken] = useState("");
  const { problem, isBusy, submit } = useSignIn(async () => {
    const given = token.trim();
    if (!/^[\x21-\x7e]{1,500}$/.test(given)) throw wrongToken();
    useToken(given);
  });
  return (
    <form className="stack" onSubmit={submit}>
      <PasswordInput
        label={t.token} description={<Told text={t.tokenHint} />} name="token" autoComplete="off" required withAsterisk={false} autoFocus spellCheck={false}
        value={token} onChange={(event) => setToken(event.currentTarget.value)}
      />
      {problem ? <ProblemNotice problem={problem.status === 401 ? wrongToken() : problem} /> : null}
      <Button type="submit" loading={isBusy} fullWidth mt={8}>{t.submit}</Button>
      <p className="dim sign-in-note">{t.tokenKept}</p>
    </form>
  );
}

/** Runs `enter`, looks who that is, and goes to where one wanted to. What fails leaves nobody half signed in. */
function useSignIn(enter: () => Promise<void>) {
  const { next } = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const [problem, setProblem] = useState<ApiProblem>();
  const [isBusy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await enter();
      client.clear();
      await client.fetchQuery({ ...sessionQuery, retry: false });
      router.history.push(next ?? "/");
    } catch (error) {
      useToken(undefined);
      setProblem(error instanceof ApiProblem ? error : new ApiProblem({ status: 0, code: "", message: String(error), hint: "", request_id: "" }));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run();
  };
  return { problem, isBusy, submit };
}

function wrongToken(): ApiProblem {
  return new ApiProblem({ status: 401, code: "unauthenticated", message: t.wrongToken, hint: t.wrongTokenHint, request_id: "" });
}

function parts({ status, code, requestId }: ApiProblem): { status: number; code: string; request_id: string } {
  return { status, code, request_id: requestId };
}
