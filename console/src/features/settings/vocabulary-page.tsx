// What a workspace's events mean, and its money. One draft, saved at once; another's change of the meantime stops it.
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import { roleNames, type RoleName } from "@tributary/schema/audience/vocabulary-names.ts";
import type { VocabularyAnswer } from "@tributary/schema/api/vocabulary.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { toast } from "../../ui/toast.tsx";
import { useUnsaved } from "../../ui/unsaved.ts";
import { may, sessionQuery } from "../accounts/session.ts";
import { observedEventsQuery } from "../schema/queries.ts";
import { isSame } from "./problems-draft.ts";
import { vocabularyQuery } from "./queries.ts";
import { SaveBar } from "./save-bar.tsx";
import { inForceOf, inOrder, isRight, type Draft } from "./vocabulary-draft.ts";
import { Money } from "./vocabulary-money.tsx";
import type { CountedName } from "./vocabulary-names.tsx";
import { Role } from "./vocabulary-role.tsx";
import "./problems.css";
import "./vocabulary.css";

const t = texts.vocabulary;
const route = getRouteApi("/shell/settings/vocabulary");

export function VocabularyPage(): ReactNode {
  // Not read anew under somebody who types.
  const answer = useQuery({ ...vocabularyQuery, staleTime: Infinity, refetchOnMount: "always", refetchOnWindowFocus: false });
  const known = answer.data?.roles.filter(({ by, events }) => by !== "missing" && events.length > 0).length;
  return (
    <Page title={t.title} sentence={known === undefined ? t.sentenceWaiting : [t.sentence(known, roleNames.length), ...(answer.data?.money.problem ? [t.refused] : [])].join(" ")}>
      <div className="stack-wide problems-page vocabulary-page">
        {answer.data ? <Editor key={answer.data.version} answer={answer.data} /> : answer.error ? <ProblemNotice problem={answer.error} onRetry={() => void answer.refetch()} /> : (
          [t.roles, t.money].map((title) => <Card key={title} title={title}><div className="stack">{[40, 80, 60].map((width) => <Bar key={width} width={width} />)}</div></Card>)
        )}
      </div>
    </Page>
  );
}

function Editor({ answer }: { readonly answer: VocabularyAnswer }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const client = useQueryClient();
  const saved: Draft = { ...answer.stored, money: { ...answer.stored.money, rates: inOrder(answer.stored.money.rates) } };
  const [draft, setDraft] = useState(saved);
  const mayChange = may(session, "admin");
  const hasChanged = !isSame(draft, saved);
  const save = useMutation({
    mutationFn: () => change<VocabularyAnswer>("PUT", "/vocabulary", { version: answer.version, vocabulary: draft }),
    onSuccess: (now) => {
      client.setQueryData(vocabularyQuery.queryKey, now);
      toast({ text: t.saved });
    },
  });
  useUnsaved(hasChanged);
  const edit = (next: Draft): void => { save.reset(); setDraft(next); };
  return (
    <>
      {mayChange ? null : <p className="dim">{t.readOnly}</p>}
      <Card title={t.roles}><Roles answer={answer} saved={saved} draft={draft} mayChange={mayChange} onChange={edit} /></Card>
      <Card title={t.money}><Money told={answer.money} money={draft.money} mayChange={mayChange} onChange={(money) => edit({ ...draft, money })} /></Card>
      {save.error ? <ProblemNotice problem={save.error} /> : null}
      {mayChange && hasChanged ? (
        <SaveBar
          isRight={isRight(draft)} isSaving={save.isPending} onSave={() => save.mutate()}
          onDiscard={() => { edit(saved); void client.invalidateQueries({ queryKey: vocabularyQuery.queryKey }); }}
        />
      ) : null}
    </>
  );
}

interface RolesProps {
  readonly answer: VocabularyAnswer;
  readonly saved: Draft;
  readonly draft: Draft;
  readonly mayChange: boolean;
  readonly onChange: (draft: Draft) => void;
}

function Roles({ answer, saved, draft, mayChange, onChange }: RolesProps): ReactNode {
  const { role: open } = route.useSearch();
  const navigate = useNavigate();
  const names = useArrivingNames();
  const inForce = useMemo(() => inForceOf(draft, answer, names.map(({ name }) => name)), [draft, answer, names]);
  const turn = (name: RoleName): void => void navigate({ to: "/settings/vocabulary", search: open === name ? {} : { role: name }, replace: true });
  return (
    <div className="stack" style={{ gap: 12 }}>
      <p className="dim">{t.rolesText}</p>
      <ol className="problem-rules">
        {roleNames.map((name) => (
          <Role
            key={name} role={inForce[name]} told={answer.roles.find(({ role }) => role === name)} draft={draft} isChanged={!isSame(draft.roles[name], saved.roles[name])} isOpen={open === name}
            mayChange={mayChange} names={names} onTurn={() => turn(name)} onChange={onChange}
          />
        ))}
      </ol>
    </div>
  );
}

const NONE: readonly CountedName[] = [];

/** The most frequent first. */
function useArrivingNames(): readonly CountedName[] {
  const { data } = useQuery({ ...observedEventsQuery, refetchInterval: false });
  return useMemo(() => data?.data.filter(({ type }) => type === "track").map(({ event, count }) => ({ name: event, count })) ?? NONE, [data]);
}
