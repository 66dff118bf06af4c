// Changing one's own password, by the old one. All other sessions end.
import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { doorAnswer, ownSessionsQuery } from "./door.ts";

const t = texts.accounts.password;

export function OwnPassword({ email }: { readonly email: string }): ReactNode {
  const client = useQueryClient();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const save = useMutation({
    mutationFn: () => doorAnswer("change-password", { currentPassword: current, newPassword: next, revokeOtherSessions: true }),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      return client.invalidateQueries({ queryKey: ownSessionsQuery.queryKey });
    },
  });
  return (
    <Card title={t.title}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
        {/* So that a password manager knows whose it is. */}
        <input type="text" name="email" autoComplete="username" readOnly hidden value={email} />
        <PasswordInput label={t.current} name="current" autoComplete="current-password" required withAsterisk={false} value={current} onChange={(event) => setCurrent(event.currentTarget.value)} />
        <PasswordInput
          label={t.next} description={t.hint} name="next" autoComplete="new-password" minLength={12} maxLength={128} required withAsterisk={false}
          value={next} onChange={(event) => setNext(event.currentTarget.value)}
        />
        {save.error ? <ProblemNotice problem={save.error} /> : null}
        <div className="row wrap">
          <Button type="submit" loading={save.isPending} disabled={current === "" || next === ""}>{t.submit}</Button>
          {save.isSuccess ? <span role="status"><State tone="good">{t.done}</State></span> : null}
        </div>
      </form>
    </Card>
  );
}
