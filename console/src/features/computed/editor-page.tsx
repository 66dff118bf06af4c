// A computed trait, made and changed: what kind it is, what it is worked out by, and beside it how the values lie.
import { Button, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useRef, useState, type ReactNode } from "react";
import type { ComputedCheck, ComputedTraitDetail } from "@tributary/schema/api/computed-traits.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { change } from "../../api.ts";
import { language, texts } from "../../texts/texts.ts";
import { Figure, When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { toast } from "../../ui/toast.tsx";
import { Told } from "../../ui/told.tsx";
import { useUnsaved } from "../../ui/unsaved.ts";
import { may, sessionQuery } from "../accounts/session.ts";
import { isUnset } from "../audiences/builder/row-problems.ts";
import { ComputedState } from "./computed-page.tsx";
import { valueWords } from "./computed-words.ts";
import { DistributionCard } from "./distribution.tsx";
import { KindForm } from "./kind-form.tsx";
import { beginnings, kindOfDraft, kinds, type Draft } from "./kinds.ts";
import { computedCheckQuery, computedPath, computedQuery, computedTemplatesQuery, computedVersionsQuery } from "./queries.ts";
import { placeProblems, stagesOf, stagesWithoutCondition } from "./stages.ts";
import "./computed.css";

const t = texts.computed;
const TYPING_MS = 350;
const newRoute = getRouteApi("/shell/computed-traits/new");
const oneRoute = getRouteApi("/shell/computed-traits/$slug");

export function NewComputedPage(): ReactNode {
  const { template } = newRoute.useSearch();
  const templates = useQuery({ ...computedTemplatesQuery, enabled: template !== undefined });
  if (template !== undefined && templates.data === undefined && !templates.error) return <Page title={t.create}><div className="stack" aria-busy><Bar width={60} /></div></Page>;
  const found = templates.data?.data.find(({ id }) => id === template);
  return <Editor saved={undefined} name={found?.name[language] ?? ""} value={found?.definition?.value ?? beginnings.measure} />;
}

export function ComputedTraitPage(): ReactNode {
  const { slug } = oneRoute.useParams();
  const one = useQuery(computedQuery(slug));
  if (one.data) return <Editor key={`${slug} ${one.data.version}`} saved={one.data} name={one.data.name} value={one.data.definition.value} />;
  return <Page title={slug} back={{ to: "/computed-traits", text: t.title }}>{one.error ? <ProblemNotice problem={one.error} onRetry={() => void one.refetch()} /> : <div className="stack" aria-busy><Bar width={60} /><Bar width={40} /></div>}</Page>;
}

interface EditorProps {
  readonly saved: ComputedTraitDetail | undefined;
  readonly name: string;
  readonly value: Draft;
}

function Editor({ saved, name: firstName, value: first }: EditorProps): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const [name, setName] = useState(firstName);
  const [draft, setDraft] = useState<Draft>(first);
  const [checked] = useDebouncedValue(draft, TYPING_MS);
  const check = useQuery(computedCheckQuery(checked, saved?.slug));
  const mayWrite = may(session, "write") && saved?.status !== "archived";
  const hasChanged = JSON.stringify([name, draft]) !== JSON.stringify([firstName, first]);
  const save = useSave(saved, name, draft);
  useUnsaved(hasChanged && !save.isPending && !save.isSuccess);
  const isChecked = checked === draft && !check.isPlaceholderData;
  const isRight = check.data?.ok === true && isChecked && name.trim() !== "" && stagesWithoutCondition(draft) <= stagesWithoutCondition(first);
  const said = useSaid(check, checked);
  return (
    <Page
      title={saved?.name ?? t.create} back={{ to: "/computed-traits", text: t.title }} sentence={check.data?.sentence?.[language] ?? t.unfinished}
      actions={mayWrite ? <Button loading={save.isPending} disabled={!isRight || (saved !== undefined && !hasChanged)} onClick={() => save.mutate()}>{saved ? texts.everywhere.save : t.keep}</Button> : null}
    >
      {save.error ? <ProblemNotice problem={save.error} /> : null}
      {saved?.problem ? <p role="alert">{t.failed(saved.problem)}</p> : null}
      <div className="computed-split">
        <div className="stack-wide">
          <Card title={t.definition}>
            <div className="stack">
              <TextInput label={t.name} required maxLength={200} readOnly={!mayWrite} value={name} onChange={(event) => setName(event.currentTarget.value)} />
              <KindCards draft={draft} isReadOnly={!mayWrite} onChange={setDraft} />
              <Definition draft={draft} said={said} isReadOnly={!mayWrite} onChange={setDraft} />
            </div>
          </Card>
          {saved ? <About saved={saved} mayWrite={may(session, "write")} /> : null}
        </div>
        <DistributionCard value={checked} slug={saved?.slug} check={check.data} isChecked={!check.isPlaceholderData} />
      </div>
    </Page>
  );
}

function useSave(saved: ComputedTraitDetail | undefined, name: string, value: Draft) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => saved === undefined
      ? change<ComputedTraitDetail>("POST", "/computed-traits", { name: name.trim(), definition: { value } })
      : change<ComputedTraitDetail>("PATCH", computedPath(saved.slug), { name: name.trim(), definition: { ...saved.definition, value }, version: saved.version }),
    onSuccess: async (now) => {
      client.setQueryData(computedQuery(now.slug).queryKey, now);
      await client.invalidateQueries({ queryKey: ["computed", "list"] });
      toast({ text: saved ? t.saved : t.made });
      await navigate({ to: "/computed-traits/$slug", params: { slug: now.slug }, ignoreBlocker: true });
    },
  });
}

interface PartProps {
  readonly draft: Draft;
  readonly isReadOnly: boolean;
  readonly onChange: (draft: Draft) => void;
}

function KindCards({ draft, isReadOnly, onChange }: PartProps): ReactNode {
  const chosen = kindOfDraft(draft);
  return (
    <div role="radiogroup" aria-label={t.kind} className="computed-kinds">
      {kinds.map((kind) => (
        <button key={kind} type="button" role="radio" aria-checked={kind === chosen} disabled={isReadOnly} className="computed-kind" onClick={() => kind === chosen || onChange(beginnings[kind])}>
          <strong>{t.kinds[kind].name}</strong><span className="dim">{t.kinds[kind].about}</span>
        </button>
      ))}
    </div>
  );
}

interface Said {
  readonly check: ComputedCheck | undefined;
  /** What it was said of. */
  readonly of: Draft;
}

/** The latest answer with what it is about, which may have changed since. */
function useSaid({ data, isPlaceholderData }: { readonly data: ComputedCheck | undefined; readonly isPlaceholderData: boolean }, checked: Draft): Said {
  const latest = useRef<Said>({ check: undefined, of: checked });
  if (data !== undefined && !isPlaceholderData && latest.current.check !== data) latest.current = { check: data, of: checked };
  return latest.current;
}

function Definition({ draft, said: { check, of }, isReadOnly, onChange }: PartProps & { readonly said: Said }): ReactNode {
  const kind = kindOfDraft(draft);
  const { placed, others: unplaced } = useMemo(() => placeProblems(check?.problems ?? [], of), [check, of]);
  const ofFormula = unplaced.find(({ path }) => path === "/value/formula");
  const others = kind === "formula" ? unplaced.filter((one) => one !== ofFormula) : unplaced;
  const isOnlyJson = kind === undefined || (kind === "stages" && stagesOf(draft) === undefined);
  return (
    <>
      {kind === undefined ? null : <KindForm kind={kind} draft={draft} isReadOnly={isReadOnly} onChange={onChange} formulaProblem={ofFormula && draft["formula"] !== "" ? ofFormula.message : undefined} problems={placed} />}
      {others.length > 0 ? <Problems problems={others} of={of} /> : null}
      {check?.personal ? <p className="dim">{t.personal}</p> : null}
      <JsonField key={isOnlyJson ? "open" : "closed"} draft={draft} isReadOnly={isReadOnly} isOpen={isOnlyJson} onChange={onChange} />
    </>
  );
}

/** What nobody has chosen yet is told once, and is not wrong. */
function Problems({ problems, of }: { readonly problems: ComputedCheck["problems"]; readonly of: Draft }): ReactNode {
  const isOpen = ({ path }: { readonly path: string }): boolean => path.startsWith("/value/where/") && isUnset({ value: of }, path);
  return (
    <ul className="computed-problems" role="alert">
      {problems.some(isOpen) ? <li>{texts.audiences.builder.unfinished}</li> : null}
      {problems.filter((one) => !isOpen(one)).map(({ path, message, hint }) => <li key={`${path} ${message}`}><Told text={message} />{hint ? <span className="dim"> <Told text={hint} /></span> : null}</li>)}
    </ul>
  );
}

function JsonField({ draft, isReadOnly, isOpen, onChange }: PartProps & { readonly isOpen: boolean }): ReactNode {
  const [typed, setTyped] = useState<string>();
  const written = useMemo(() => JSON.stringify(draft, null, 2), [draft]);
  const put = (text: string): void => {
    setTyped(text);
    try {
      const parsed: unknown = JSON.parse(text);
      if (isRecord(parsed)) onChange(parsed as Draft); // An object of JSON; whatever is wrong in it the check says.
    } catch {
      // It is not finished yet.
    }
  };
  const isJson = typed === undefined || isReadable(typed);
  return (
    <details open={isOpen}>
      <summary>{t.asJson}</summary>
      <Textarea
        aria-label={t.asJson} autosize minRows={6} maxRows={24} className="computed-code" spellCheck={false} readOnly={isReadOnly} value={isJson && typed !== undefined && JSON.stringify(JSON.parse(typed)) === JSON.stringify(draft) ? typed : isJson ? written : typed}
        error={isJson ? undefined : t.noJson} onChange={(event) => put(event.currentTarget.value)}
      />
    </details>
  );
}

function isReadable(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed);
  } catch {
    return false;
  }
}

function About({ saved, mayWrite }: { readonly saved: ComputedTraitDetail; readonly mayWrite: boolean }): ReactNode {
  const client = useQueryClient();
  const versions = useQuery(computedVersionsQuery(saved.slug));
  const isArchived = saved.status === "archived";
  const turn = useMutation({
    mutationFn: () => change<ComputedTraitDetail>("POST", `${computedPath(saved.slug)}/${isArchived ? "restore" : "archive"}`, {}),
    onSuccess: () => client.invalidateQueries({ queryKey: ["computed"] }),
  });
  return (
    <Card title={t.about} actions={mayWrite ? <Button size="xs" variant="subtle" loading={turn.isPending} onClick={() => turn.mutate()}>{isArchived ? t.restore : t.archive}</Button> : null}>
      {turn.error ? <ProblemNotice problem={turn.error} /> : null}
      <dl className="computed-values">
        <div><dt>{t.columns.status}</dt><dd><ComputedState status={saved.status} /></dd></div>
        <div><dt>{t.slug}</dt><dd><code className="word">{saved.slug}</code></dd></div>
        {saved.filled_at ? <div><dt>{t.columns.people}</dt><dd><Figure value={saved.people} /></dd></div> : null}
        {saved.rest === null ? null : <div><dt>{t.columns.rest}</dt><dd><bdi>{valueWords(saved.rest)}</bdi></dd></div>}
        <div><dt>{t.usedBy}</dt><dd>{saved.used_by.length === 0 ? <span className="dim">{t.usedByNobody}</span> : saved.used_by.map(({ kind, slug, name }) => (
          <span key={`${kind} ${slug}`} className="row">{kind === "audience" ? <Link to="/audiences/$slug" params={{ slug }}><bdi>{name}</bdi></Link> : <Link to="/computed-traits/$slug" params={{ slug }}><bdi>{name}</bdi></Link>}</span>
        ))}</dd></div>
      </dl>
      <h3 className="computed-head">{t.versions}</h3>
      <ol className="computed-versions">{versions.data?.data.map(({ version, at, sentence }) => <li key={version} value={version}><span>{sentence[language]}</span> <span className="dim"><When at={at} /></span></li>)}</ol>
    </Card>
  );
}
