// The door: e-mail and password, then a code where the account wants one; the provider of single sign-on; or an API token.
import { Button, Divider, PasswordInput, SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { ApiProblem, signInWithPassword, useToken } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Told } from "../../ui/told.tsx";
import { CodeForm } from "./code-form.tsx";
import { DoorCard } from "./door-card.tsx";
import { doorAnswer, waysQuery } from "./door.ts";
import { useEnter } from "./use-enter.ts";

const t = texts.signIn;
const route = getRouteApi("/sign-in");

export function SignInPage(): ReactNode {
  const { ended, error, next } = route.useSearch();
  const [way, setWay] = useState("password");
  const [isCodeAwaited, setCodeAwaited] = useState(false);
  if (isCodeAwaited) return <DoorCard title={t.code.title}><CodeForm next={next} onBack={() => setCodeAwaited(false)} /></DoorCard>;
  return (
    <DoorCard title={t.title}>
      {ended ? <p className="dim">{t.ended}</p> : null}
      {error === undefined ? null : <ProblemNotice problem={ssoProblem(error)} />}
      <SingleSignOn next={next} />
      <SegmentedControl fullWidth value={way} onChange={setWay} data={[{ value: "password", label: t.withPassword }, { value: "token", label: t.withToken }]} />
      {way === "password" ? <PasswordForm next={next} onCode={() => setCodeAwaited(true)} /> : <TokenForm next={next} />}
    </DoorCard>
  );
}

function SingleSignOn({ next }: { readonly next: string | undefined }): ReactNode {
  const { data: ways } = useQuery(waysQuery);
  const start = useMutation({
    mutationFn: () => doorAnswer<{ readonly url: string }>("sign-in/sso", { next: next ?? "/" }),
    onSuccess: ({ url }) => {
      useToken(undefined);
      location.assign(url);
    },
  });
  if (!ways?.single_sign_on) return null;
  return (
    <>
      <Button variant="default" fullWidth loading={start.isPending || start.isSuccess} onClick={() => start.mutate()}>{t.sso(ways.single_sign_on.name)}</Button>
      {start.error ? <ProblemNotice problem={start.error} /> : null}
      <Divider label={t.or} />
    </>
  );
}

function PasswordForm({ next, onCode }: { readonly next: string | undefined; readonly onCode: () => void }): ReactNode {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { problem, isBusy, submit } = useEnter(next, async () => {
    try {
      const needsCode = await signInWithPassword(email.trim(), password);
      if (needsCode) onCode();
      return !needsCode;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) throw new ApiProblem({ ...parts(error), message: t.wrongPassword, hint: "" });
      throw error;
    }
  });
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput label={t.email} type="email" name="email" autoComplete="username" required withAsterisk={false} autoFocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
      <PasswordInput label={t.password} name="password" autoComplete="current-password" required withAsterisk={false} value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
      {problem ? <ProblemNotice problem={problem} /> : null}
      <Button type="submit" loading={isBusy} fullWidth mt={8}>{t.submit}</Button>
      <div className="row sign-in-ways"><Link to="/forgot-password">{t.forgot}</Link></div>
    </form>
  );
}

function TokenForm({ next }: { readonly next: string | undefined }): ReactNode {
  const [token, setToken] = useState("");
  const { problem, isBusy, submit } = useEnter(next, async () => {
    const given = token.trim();
    if (!/^[\x21-\x7e]{1,500}$/.test(given)) throw wrongToken();
    useToken(given);
    return true;
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

function wrongToken(): ApiProblem {
  return new ApiProblem({ status: 401, code: "unauthenticated", message: t.wrongToken, hint: t.wrongTokenHint, request_id: "" });
}

/** What the way back from the provider says of why nobody is signed in. */
function ssoProblem(code: string): ApiProblem {
  const message = Object.hasOwn(t.ssoProblems, code) ? t.ssoProblems[code] : undefined;
  return new ApiProblem({ status: 403, code: code.slice(0, 60), message: message ?? t.ssoFailed, hint: "", request_id: "" });
}

function parts({ status, code, requestId }: ApiProblem): { status: number; code: string; request_id: string } {
  return { status, code, request_id: requestId };
}
