// Identity rules: edited as a draft, tried on today's people, and only then saved. A draft is not lost by leaving without a word.
import { Button } from "@mantine/core";
import { IconFlask } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { IdentityPreviewAnswer } from "@tributary/schema/api/identity.ts";
import type { SettingsAnswer } from "@tributary/schema/api/workspace.ts";
import type { IdentitySettings } from "@tributary/schema/settings.ts";
import { ApiProblem, change, read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { Told } from "../../ui/told.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { settingsQuery } from "../settings/queries.ts";
import { Namespaces } from "./namespace-list.tsx";
import { changesOf, ordered } from "./rules-draft.ts";
import { RulesPreview } from "./rules-preview.tsx";
import { SignInChoice } from "./sign-in-choice.tsx";
import "./rules.css";

const t = texts.identityRules;

export function RulesPage(): ReactNode {
  const settings = useQuery({ ...settingsQuery, staleTime: Infinity, refetchOnMount: "always", refetchOnWindowFocus: false });
  if (settings.data) return <Rules key={settings.data.row_id ?? 0} answer={settings.data} />;
  return (
    <Page title={t.title} sentence={t.sentence}>
      {settings.error ? <ProblemNotice problem={settings.error} onRetry={() => void settings.refetch()} /> : (
        <div className="stack" style={{ gap: 16 }}>{[t.signIn.title, t.namespaces.title].map((title) => <Card key={title} title={title}><div className="stack">{[60, 75, 50].map((width) => <Bar key={width} width={width} />)}</div></Card>)}</div>
      )}
    </Page>
  );
}

function Rules({ answer }: { readonly answer: SettingsAnswer }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const client = useQueryClient();
  const saved = answer.settings.identity;
  const [draft, setDraft] = useState<IdentitySettings>(() => ordered(saved));
  const changes = changesOf(saved, draft);
  const mayChange = may(session, "admin");
  const trial = useMutation({ mutationFn: async (identity: IdentitySettings) => ({ identity, result: await change<IdentityPreviewAnswer>("POST", "/identity/preview", { identity }) }) });
  const save = useMutation({
    mutationFn: () => saveRules(answer, draft),
    onSuccess: async ({ processed }) => {
      toast({ text: processed ? t.saved : t.savedWaiting });
      await client.invalidateQueries({ queryKey: ["settings"] });
    },
  });
  const isDirty = changes.length > 0 && !save.isSuccess;
  const tried = trial.data?.identity === draft ? trial.data.result : undefined;
  const edit = (next: IdentitySettings): void => { save.reset(); setDraft(next); };
  return (
    <Page title={t.title} sentence={t.sentence}>
      <LeaveGuard isDirty={isDirty} />
      <div className="stack rules">
        {mayChange ? null : <div className="notice"><div>{t.readOnly}</div></div>}
        <Card title={t.signIn.title}><SignInChoice value={draft.signIn} onChange={(signIn) => edit({ ...draft, signIn })} /></Card>
        <Card title={t.namespaces.title}><Namespaces saved={saved} draft={draft} onChange={edit} /></Card>
        {trial.error ? <ProblemNotice problem={trial.error} onRetry={() => trial.mutate(draft)} /> : null}
        {tried ? <RulesPreview result={tried} /> : null}
        {save.error ? <ProblemNotice problem={save.error} /> : null}
        <p className="dim"><Told text={t.past} /></p>
        <section className="rules-bar" aria-label={t.changes.title(changes.length)}>
          <div className="grow">
            {changes.length === 0 ? <span className="dim">{t.changes.none}</span> : <><strong>{t.changes.title(changes.length)}</strong><ul>{changes.slice(0, CHANGES_SHOWN).map((one) => <li key={one}><bdi>{one}</bdi></li>)}{changes.length > CHANGES_SHOWN ? <li>…</li> : null}</ul></>}
          </div>
          <div className="row wrap" style={{ justifyContent: "flex-end" }}>
            {trial.isPending ? <span role="status"><State tone="waiting">{t.trying}</State></span> : tried === undefined && changes.length > 0 ? <span className="dim">{t.saveFirst}</span> : null}
            <Button variant="default" disabled={changes.length === 0} onClick={() => edit(ordered(saved))}>{t.discard}</Button>
            <Button variant={tried ? "default" : "filled"} leftSection={<IconFlask size={15} aria-hidden />} disabled={changes.length === 0} loading={trial.isPending} onClick={() => trial.mutate(draft)}>{tried ? t.tryAgain : t.tryOut}</Button>
            {mayChange ? <Button disabled={tried === undefined || changes.length === 0} loading={save.isPending} onClick={() => save.mutate()}>{t.save}</Button> : null}
          </div>
        </section>
      </div>
    </Page>
  );
}

const CHANGES_SHOWN = 4;

/** The whole of the settings is written: what somebody else has changed since is kept, and other rules of theirs stop it. */
async function saveRules(base: SettingsAnswer, identity: IdentitySettings): Promise<{ readonly processed: boolean }> {
  const now = await read<SettingsAnswer>("/settings");
  if (changesOf(base.settings.identity, now.settings.identity).length > 0) throw new ApiProblem({ status: 409, code: "conflict", ...t.changedMeanwhile, request_id: "" });
  return change<{ processed: boolean }>("PUT", "/settings", { ...now.settings, identity });
}

function LeaveGuard({ isDirty }: { readonly isDirty: boolean }): ReactNode {
  const blocker = useBlocker({ shouldBlockFn: () => isDirty, enableBeforeUnload: () => isDirty, withResolver: true });
  if (blocker.status !== "blocked") return null;
  return (
    <Dialog onClose={blocker.reset} title={t.leave.title}>
      <div className="stack" style={{ gap: 16 }}>
        <p>{t.leave.text}</p>
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={blocker.proceed}>{t.leave.go}</Button>
          <Button onClick={blocker.reset} data-autofocus>{t.leave.stay}</Button>
        </div>
      </div>
    </Dialog>
  );
}
