// Where the link for a new password leads.
import { Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { DoorCard } from "./door-card.tsx";
import { doorAnswer } from "./door.ts";

const t = texts.signIn.resetPage;
const route = getRouteApi("/reset-password/$token");

export function ResetPage(): ReactNode {
  const { token } = route.useParams();
  const [password, setPassword] = useState("");
  const set = useMutation({ mutationFn: () => doorAnswer("reset-password", { token, password }) });
  if (set.isSuccess) {
    return (
      <DoorCard title={t.title}>
        <p role="status">{t.done}</p>
        <Button component={Link} to="/sign-in" fullWidth>{t.signIn}</Button>
      </DoorCard>
    );
  }
  return (
    <DoorCard title={t.title}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); set.mutate(); }}>
        <PasswordInput
          label={t.password} description={t.hint} name="password" autoComplete="new-password" minLength={12} maxLength={128} required withAsterisk={false} autoFocus
          value={password} onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {set.error ? <ProblemNotice problem={set.error} /> : null}
        <Button type="submit" loading={set.isPending} fullWidth mt={8}>{t.submit}</Button>
      </form>
      <div className="row sign-in-ways"><Link to="/forgot-password">{t.ask}</Link></div>
    </DoorCard>
  );
}
