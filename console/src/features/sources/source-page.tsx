// One source: how it is, its keys, how to send with it, and what became of its events.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Button } from "@mantine/core";
import { IconActivity, IconInbox } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import type { LedgerSource } from "@tributary/schema/api/events.ts";
import type { SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { ApiProblem } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { Outcome } from "../events/outcome.tsx";
import { healthOf, hopsOf } from "../ledger/hops.ts";
import { Health, healthSentence } from "./health.tsx";
import { Install } from "./install.tsx";
import { isPlatform, platformOf } from "./snippets.ts";
import { latestEventQuery, ledgerQuery, sourceListQuery } from "./queries.ts";
import { WriteKeys } from "./write-keys.tsx";
import "./source.css";

const t = texts.sources;
const route = getRouteApi("/shell/sources/$sourceId");

export function SourcePage(): ReactNode {
  const { sourceId } = route.useParams();
  const sources = useQuery(sourceListQuery);
  const source = sources.data?.find((one) => String(one.id) === sourceId);
  const back = { to: "/sources", text: t.title } as const;
  if (source) return <Loaded key={source.id} source={source} back={back} />;
  if (sources.error) return <Page title={t.title} back={back}><ProblemNotice problem={sources.error} onRetry={() => void sources.refetch()} /></Page>;
  if (sources.isPending) return <Page title={t.title} back={back} heading={<Bar width={30} />} sentence={<Bar width={50} />}>{null}</Page>;
  const nothing = new ApiProblem({ status: 404, code: "not_found", message: texts.everywhere.notFound.title, hint: texts.everywhere.notFound.text, request_id: "" });
  return <Page title={t.title} back={back}><ProblemNotice problem={nothing} /></Page>;
}

function Loaded({ source, back }: { readonly source: SourceAnswer; readonly back: { readonly to: "/sources"; readonly text: string } }): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [madeKey, setMadeKey] = useState<string>();
  const ledger = useQuery(ledgerQuery);
  const counts = ledger.data?.sources.filter((one) => one.source_id === source.id);
  const hops = counts && hopsOf(counts);
  const health = hops && healthOf(source.enabled, hops);
  const watch = <Button component={Link} to="/live" search={{ source: source.id } as never} variant="default" leftSection={<IconActivity size={16} />}>{t.watch}</Button>;
  return (
    <Page
      title={source.name} heading={<h1><bdi>{source.name}</bdi></h1>} back={back} actions={watch}
      sentence={health && hops ? <span className="row"><Health health={health} /><span>{healthSentence(health, hops)}</span></span> : <Bar width={40} />}
    >
      <div className="source-grid">
        <div className="stack-wide">
          <WriteKeys source={source} onMade={setMadeKey} />
          <Install
            writeKey={madeKey} platform={isPlatform(search.sdk) ? search.sdk : platformOf(source.kind)}
            onPlatform={(sdk) => void navigate({ search: { ...search, sdk }, replace: true })}
          />
        </div>
        <div className="stack-wide">
          <Card title={t.facts.title}><Facts source={source} /></Card>
          <Card title={t.decisions} bare>
            {ledger.error ? <div className="card-body"><ProblemNotice problem={ledger.error} onRetry={() => void ledger.refetch()} /></div> : <Decisions counts={counts} />}
          </Card>
        </div>
      </div>
    </Page>
  );
}

function Facts({ source }: { readonly source: SourceAnswer }): ReactNode {
  const latest = useQuery(latestEventQuery(source.id));
  const [event] = latest.data?.data ?? [];
  return (
    <dl className="facts">
      <dt>{t.facts.kind}</dt><dd>{t.kinds[source.kind]}</dd>
      <dt>{t.facts.lastEvent}</dt><dd>{latest.isPending ? <Bar width={30} /> : event ? <When at={event.received_at} /> : <span className="dim">{texts.home.lastEventNever}</span>}</dd>
      <dt>{t.facts.origins}</dt><dd>{source.allowed_origins.length === 0 ? t.facts.anyOrigin : source.allowed_origins.join(", ")}</dd>
      <dt>{t.facts.rate}</dt><dd>{source.events_per_second === null ? t.facts.noRate : <><Figure value={source.events_per_second} /> {t.facts.perSecond}</>}</dd>
      <dt>{t.facts.slug}</dt><dd className="row"><span className="mono">{source.slug}</span><CopyIcon value={source.slug} /></dd>
      <dt>{t.facts.created}</dt><dd><When at={source.created_at} /></dd>
    </dl>
  );
}

type Decision = LedgerSource["decisions"][number];

const columns: readonly Column<Decision>[] = [
  { key: "outcome", header: t.outcome, width: "110px", cell: (row) => <Outcome outcome={row.outcome} /> },
  { key: "reason", header: t.reason, width: "minmax(0, 1fr)", cell: (row) => <span className="mono dim">{row.reason}</span> },
  { key: "count", header: t.events, width: "80px", isEnd: true, cell: (row) => <Figure value={row.count} /> },
];

function Decisions({ counts }: { readonly counts: readonly LedgerSource[] | undefined }): ReactNode {
  const rows = counts?.flatMap((one) => one.decisions).toSorted((a, b) => b.count - a.count);
  return (
    <div className="table-in-card" style={{ height: rows?.length === 0 ? undefined : 33 + 36 * Math.min(rows?.length ?? 8, 12) }}>
      <DataTable fills label={t.decisions} columns={columns} rows={rows} rowKey={(row) => `${row.outcome} ${row.reason}`} empty={<Empty icon={<IconInbox size={28} stroke={1.4} />} title={t.noEvents} text={t.noEventsText} />} />
    </div>
  );
}
