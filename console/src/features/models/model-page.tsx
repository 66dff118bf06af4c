// One model: how its runs went, what of its rows changed, and what it is. What a run found that asks is taken or refused here.
import { Button, Tabs } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, type ReactNode } from "react";
import type { ModelRunShown, ModelShown } from "@tributary/schema/api/models.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { Filled } from "../../ui/filled.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Told } from "../../ui/told.tsx";
import { toast } from "../../ui/toast.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { modelTabs, type ModelSearch } from "./models-search.ts";
import { isUnderWay, modelPath, modelQuery } from "./queries.ts";
import { Found, RunState } from "./run-state.tsx";
import { RunsTab } from "./runs-tab.tsx";
import { WarehouseName } from "./warehouse-name.tsx";
import "../profiles/profiles.css";
import "../destinations/destinations.css";
import "./models.css";

const RowsTab = lazy(async () => ({ default: (await import("./rows-tab.tsx")).RowsTab }));
const DefinitionTab = lazy(async () => ({ default: (await import("./definition-tab.tsx")).DefinitionTab }));

const t = texts.models;
const route = getRouteApi("/shell/models/$slug");
const back = { to: "/models", text: t.title } as const;

export function ModelPage(): ReactNode {
  const { slug } = route.useParams();
  const one = useQuery(modelQuery(slug));
  if (one.data) return <Known model={one.data} />;
  if (one.error) return <Page title={slug} back={back}><ProblemNotice problem={one.error} onRetry={() => void one.refetch()} /></Page>;
  return <Page title={slug} back={back} heading={<Bar width={30} />} sentence={<Bar width={60} />}><div className="stack" aria-busy>{[80, 60, 70].map((width) => <Bar key={width} width={width} />)}</div></Page>;
}

function Known({ model }: { readonly model: ModelShown }): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tab = search.tab ?? "runs";
  const set = (next: ModelSearch): void => void navigate({ search: next, resetScroll: false });
  const go = (value: string | null): void => set(value === "rows" || value === "definition" ? { tab: value } : {});
  return (
    <Page title={model.name} heading={<h1><bdi>{model.name}</bdi></h1>} back={back} sentence={<Sentence model={model} />} actions={<Actions model={model} />}>
      <div className="stack-wide">
        <LastRun model={model} onShow={(run) => set({ tab: "rows", run })} />
        <Tabs value={tab} onChange={go} keepMounted={false}>
          <Tabs.List className="tabs-space">{modelTabs.map((one) => <Tabs.Tab key={one} value={one}>{t.tabs[one]}</Tabs.Tab>)}</Tabs.List>
          <Tabs.Panel value={tab}>
            <Suspense fallback={<div className="stack" aria-busy><Bar width={70} /><Bar width={50} /></div>}>
              {tab === "runs" ? <RunsTab model={model} onShow={(run) => set({ tab: "rows", run })} /> : tab === "rows" ? <RowsTab model={model} search={search} onSearch={set} /> : <DefinitionTab model={model} />}
            </Suspense>
          </Tabs.Panel>
        </Tabs>
      </div>
    </Page>
  );
}

function Sentence({ model: { last_run: run, rows, next_run_at: next, enabled, definition } }: { readonly model: ModelShown }): ReactNode {
  return (
    <span className="row wrap">
      <RunState run={run} /><span>{t.hasRows(rows)}</span>
      <span aria-hidden>·</span><WarehouseName slug={definition.warehouse} /><span aria-hidden>·</span>
      {next === null || !enabled ? <span className="dim">{definition.schedule === undefined ? t.byHand : enabled ? t.waits : t.paused}</span> : <span className="dim"><Filled text={t.nextRun} parts={{ when: <When at={next} /> }} /></span>}
    </span>
  );
}

function Actions({ model }: { readonly model: ModelShown }): ReactNode {
  const client = useQueryClient();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const run = useMutation({
    mutationFn: () => change<ModelRunShown>("POST", `${modelPath(model.slug)}/runs`, {}), onError: (error) => toast({ tone: "bad", text: error.message }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["models"] }),
  });
  if (model.status === "archived") return null;
  return (
    <>
      {may(session, "admin") ? <Button component={Link} variant="default" to={`/models/${model.slug}/edit`}>{t.edit}</Button> : null}
      {may(session, "write") ? <Button leftSection={<IconPlayerPlay size={15} aria-hidden />} loading={run.isPending} disabled={isUnderWay(model.last_run?.status)} onClick={() => run.mutate()}>{t.run}</Button> : null}
    </>
  );
}

/** The values of a key, which come as a JSON array of texts. */
function keyText(key: string): string {
  try {
    const values: unknown = JSON.parse(key);
    return Array.isArray(values) ? values.join(" · ") : key;
  } catch {
    return key;
  }
}

/** What goes on, what waits for an answer, and what went wrong. */
function LastRun({ model, onShow }: { readonly model: ModelShown; readonly onShow: (run: number) => void }): ReactNode {
  const client = useQueryClient();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const run = model.last_run;
  const answer = useMutation({
    mutationFn: (word: "accept" | "stop") => change<ModelRunShown>("POST", `${modelPath(model.slug)}/runs/${run?.id ?? 0}/${word}`), onError: (error) => toast({ tone: "bad", text: error.message }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["models"] }),
  });
  if (run === null || run.status === "done" || run.status === "stopped") return null;
  const mayAnswer = may(session, "write");
  if (isUnderWay(run.status)) {
    const share = run.status === "comparing" && run.rows + run.rows_before > 0 ? run.compared / (run.rows + run.rows_before) : undefined;
    return (
      <div className="notice" role="status">
        <div className="stack grow">
          <div className="row wrap"><strong>{t.statuses[run.status]}</strong><span className="dim">{t.readSoFar(run.rows)}</span></div>
          <progress aria-label={t.statuses[run.status]} style={{ width: "100%" }} {...(share === undefined ? {} : { value: share, max: 1 })} />
        </div>
        {mayAnswer ? <Button variant="default" size="compact-sm" loading={answer.isPending} onClick={() => answer.mutate("stop")}>{t.stop}</Button> : null}
      </div>
    );
  }
  const told = run.status === "asking" ? run.asks : run.problem;
  return (
    <div className="notice" data-tone={run.status === "asking" ? "attention" : "bad"} role="alert">
      <div className="stack grow">
        <div className="row wrap"><strong>{run.status === "asking" ? t.asks : t.failed}</strong>{run.status === "asking" ? <Found run={run} /> : null}</div>
        {told === null ? null : <div><bdi><Told text={told.message} /></bdi></div>}
        {run.status === "asking" ? null : <div className="dim">{t.failedHint}</div>}
        {told?.sample === undefined || told.sample.length === 0 ? null : <ul className="plain-list mono">{told.sample.map(({ key, lines }) => <li key={`${key} ${lines.join()}`}><bdi>{keyText(key)}</bdi> <span className="dim">{t.lines(lines)}</span></li>)}</ul>}
        {run.status === "asking" ? (
          <div className="row wrap">
            <Button variant="default" size="compact-sm" onClick={() => onShow(run.id)}>{t.look}</Button>
            {mayAnswer ? <Button size="compact-sm" loading={answer.isPending} onClick={() => answer.mutate("accept")}>{t.accept}</Button> : null}
            {mayAnswer ? <Button variant="default" size="compact-sm" loading={answer.isPending} onClick={() => answer.mutate("stop")}>{t.refuse}</Button> : null}
          </div>
        ) : null}
      </div>
    </div>
  );
}
