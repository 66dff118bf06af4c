// What the service desk goes by: the rules of open problems, and the numbers by which callers are found. One draft, saved at
// once; what else stands in the settings is kept, and another's change to these rules stops it.
import { Button, TagsInput, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import type { SettingsAnswer } from "@tributary/schema/api/workspace.ts";
import { REFERENCES_MAX, type WorkspaceSettings } from "@tributary/schema/settings.ts";
import { ApiProblem, change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { toast } from "../../ui/toast.tsx";
import { useUnsaved } from "../../ui/unsaved.ts";
import { Told } from "../../ui/told.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { observedEventsQuery } from "../schema/queries.ts";
import { Rule } from "./problem-rule.tsx";
import { changedRule, changedSettings, draftOf, isRight, isSame, newRule, removedRule, RULES_MAX, wrongInReferences, type Draft } from "./problems-draft.ts";
import { settingsQuery } from "./queries.ts";
import { SaveBar } from "./save-bar.tsx";
import "./problems.css";

const t = texts.problemRules;
const route = getRouteApi("/shell/settings/problems");

export function ProblemsPage(): ReactNode {
  // Not read anew under somebody who types.
  const settings = useQuery({ ...settingsQuery, staleTime: Infinity, refetchOnMount: "always", refetchOnWindowFocus: false });
  return (
    <Page title={t.title} sentence={t.sentence}>
      <div className="stack-wide problems-page">
        {settings.data ? <Editor key={settings.data.row_id ?? 0} settings={settings.data.settings} /> : settings.error ? <ProblemNotice problem={settings.error} onRetry={() => void settings.refetch()} /> : (
          [t.rules, t.references].map((title) => <Card key={title} title={title}><div className="stack">{[40, 80, 60].map((width) => <Bar key={width} width={width} />)}</div></Card>)
        )}
      </div>
    </Page>
  );
}

function Editor({ settings }: { readonly settings: WorkspaceSettings }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const client = useQueryClient();
  const saved = draftOf(settings);
  const [draft, setDraft] = useState<Draft>(saved);
  const mayChange = may(session, "admin");
  const hasChanged = !isSame(draft, saved);
  const save = useMutation({
    mutationFn: async () => {
      const { settings: latest } = await client.fetchQuery({ ...settingsQuery, staleTime: 0 });
      if (!isSame(draftOf(latest), saved)) throw new ApiProblem({ status: 409, code: "conflict", ...t.changedMeanwhile, request_id: "" });
      return change<SettingsAnswer>("PUT", "/settings", changedSettings(latest, draft));
    },
    onSuccess: async () => {
      await Promise.all([client.invalidateQueries({ queryKey: settingsQuery.queryKey }), client.invalidateQueries({ queryKey: ["desk"] })]);
      toast({ text: t.saved });
    },
  });
  useUnsaved(hasChanged);
  const edit = (next: Draft): void => { save.reset(); setDraft(next); };
  return (
    <>
      {mayChange ? null : <p className="dim">{t.readOnly}</p>}
      <Card title={t.rules}><Rules saved={saved} draft={draft} mayChange={mayChange} onChange={edit} /></Card>
      <Card title={t.references}><References value={draft.references} mayChange={mayChange} onChange={(references) => edit({ ...draft, references })} /></Card>
      {save.error ? <ProblemNotice problem={save.error} /> : null}
      {mayChange && hasChanged ? (
        <SaveBar
          isRight={isRight(draft)} isSaving={save.isPending} onSave={() => save.mutate()}
          onDiscard={() => { edit(saved); void client.invalidateQueries({ queryKey: settingsQuery.queryKey }); }}
        />
      ) : null}
    </>
  );
}

interface RulesProps {
  readonly saved: Draft;
  readonly draft: Draft;
  readonly mayChange: boolean;
  readonly onChange: (draft: Draft) => void;
}

function Rules({ saved, draft, mayChange, onChange }: RulesProps): ReactNode {
  const { rule: open } = route.useSearch();
  const navigate = useNavigate();
  const seen = useSeenEvents();
  const turn = (name: string | undefined): void => void navigate({ to: "/settings/problems", search: name === undefined ? {} : { rule: name }, replace: true });
  return (
    <div className="stack" style={{ gap: 12 }}>
      <p className="dim">{draft.problems.length === 0 ? t.noRules : t.rulesText}</p>
      <ol className="problem-rules">
        {draft.problems.map((rule) => {
          const before = saved.problems.find(({ name }) => name === rule.name);
          return (
            <Rule
              key={rule.name} rule={rule} saved={before} isChanged={!isSame(rule, before)} isOpen={open === rule.name} mayChange={mayChange} seen={seen}
              onTurn={() => turn(open === rule.name ? undefined : rule.name)} onRemove={() => onChange(removedRule(draft, rule.name))}
              onChange={(next) => onChange({ ...draft, problems: draft.problems.map((one) => (one.name === rule.name ? next : one)) })}
            />
          );
        })}
      </ol>
      {mayChange ? <AddRule draft={draft} onAdd={(title) => { const made = newRule(draft, title); onChange({ ...draft, problems: [...draft.problems, made] }); turn(made.name); }} /> : null}
    </div>
  );
}

function AddRule({ draft, onAdd }: { readonly draft: Draft; readonly onAdd: (title: string) => void }): ReactNode {
  const [title, setTitle] = useState("");
  if (draft.problems.length >= RULES_MAX) return <p className="dim">{t.full(RULES_MAX)}</p>;
  return (
    <form className="row wrap" onSubmit={(event) => { event.preventDefault(); if (title.trim() !== "") { onAdd(title.trim()); setTitle(""); } }}>
      <TextInput w={320} aria-label={t.addTitle} placeholder={t.addHint} maxLength={200} value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
      <Button type="submit" variant="default" leftSection={<IconPlus size={15} aria-hidden />} disabled={title.trim() === ""}>{t.add}</Button>
    </form>
  );
}

/** What has come so far; not known to those who are shown it masked. */
function useSeenEvents(): ReadonlySet<string> | undefined {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data } = useQuery({ ...observedEventsQuery, enabled: may(session, "personal_data"), refetchInterval: false });
  return useMemo(() => data && new Set(data.data.filter(({ type }) => type === "track").map(({ event }) => event)), [data]);
}

function References({ value, mayChange, onChange }: { readonly value: readonly string[]; readonly mayChange: boolean; readonly onChange: (value: readonly string[]) => void }): ReactNode {
  const wrong = wrongInReferences(value);
  return (
    <div className="stack" style={{ gap: 12 }}>
      <p className="dim">{t.referencesText}</p>
      <TagsInput
        label={t.referencesLabel} description={t.referencesHint} maxTags={REFERENCES_MAX} splitChars={[",", " "]} disabled={!mayChange} {...(wrong === undefined ? {} : { error: wrong })}
        value={[...value]} onChange={onChange}
      />
      <p className="dim">{value.length === 0 ? t.noReferences : <Told text={t.referencesMean(t.any(value.map((name) => `\`${name.slice(0, 80)}\``)))} />}</p>
    </div>
  );
}
