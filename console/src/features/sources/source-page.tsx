// One source: how it is, how much it sends, its keys and who uses them, how to send with it, its settings, and what was turned away.
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Button } from "@mantine/core";
import { IconActivity, IconInbox } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { LedgerSource } from "@tributary/schema/api/events.ts";
import type { SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { ApiProblem } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure } from "../../ui/figure.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { Outcome } from "../events/outcome.tsx";
import { healthOf, hopsOf } from "../ledger/hops.ts";
import { Health } from "./health.tsx";
import { healthSentence } from "./health-sentence.ts";
import { Install } from "./install.tsx";
import { useMadeKey } from "./made-keys.ts";
import { ledgerQuery, sourceListQuery } from "./queries.ts";
import { Rejected } from "./rejected.tsx";
import { isPlatform, platformOf } from "./snippets.ts";
import { SourceName, SourceSwitch } from "./source-heading.tsx";
import { SourceSettings } from "./source-settings.tsx";
import { Volume } from "./volume.tsx";
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
  const { data: session } = useSuspenseQuery(sessionQuery);
  const mayChange = may(session, "admin");
  const [madeKey, setMadeKey] = useMadeKey(source.id);
  const ledger = useQuery(ledgerQuery);
  const counts = ledger.data?.sources.filter((one) => one.source_id === source.id);
  const hops = counts && hopsOf(counts);
  const health = hops && healthOf(source.enabled, hops);
  // What people do here in the console comes by no key and from no SDK.
  const isSentTo = source.kind !== "console";
  const actions = (
    <>
      {mayChange && isSentTo ? <SourceSwitch source={source} received={hops?.received} /> : null}
      <Button component={Link} to="/live" search={{ source: source.id } as never} variant="default" leftSection={<IconActivity size={16} />}>{t.watch}</Button>
    </>
  );
  const volume = (
    <Volume
      sourceId={source.id} name={source.name} span={search.span ?? "24h"}
      onSpan={(span) => void navigate({ search: { ...(search.sdk === undefined ? {} : { sdk: search.sdk }), ...(span === "7d" ? { span } : {}) }, replace: true, resetScroll: false })}
    />
  );
  const keys = <WriteKeys source={source} mayChange={mayChange} madeKey={madeKey} onMade={setMadeKey} />;
  const install = (
    <Install
      writeKey={madeKey} platform={isPlatform(search.sdk) ? search.sdk : platformOf(source.kind)}
      onPlatform={(sdk) => void navigate({ search: { ...search, sdk }, replace: true, resetScroll: false })}
    />
  );
  return (
    <Page
      title={source.name} heading={<SourceName source={source} mayChange={mayChange} />} back={back} actions={actions}
      sentence={health && hops ? <span className="row"><Health health={health} /><span>{healthSentence(health, hops)}</span></span> : <Bar width={40} />}
    >
      <div className="source-grid">
        <div className="stack-wide">
          {/* Who has just made a key wants to copy it; who comes later wants to know how it goes. */}
          {madeKey === undefined ? <>{volume}{isSentTo ? <>{keys}{install}</> : null}</> : <>{keys}{install}{volume}</>}
        </div>
        <div className="stack-wide">
          <SourceSettings source={source} mayChange={mayChange} />
          <Card title={t.decisions} bare>
            {ledger.error ? <div className="card-body"><ProblemNotice problem={ledger.error} onRetry={() => void ledger.refetch()} /></div> : <Decisions sourceId={source.id} counts={counts} />}
          </Card>
          <Rejected source={source} mayChange={mayChange} />
        </div>
      </div>
    </Page>
  );
}

type Decision = LedgerSource["decisions"][number];

const columns: readonly Column<Decision>[] = [
  { key: "outcome", header: t.outcome, width: "110px", cell: (row) => <Outcome outcome={row.outcome} />, csv: (row) => row.outcome },
  { key: "reason", header: t.reason, width: "minmax(0, 1fr)", cell: (row) => <span className="dim cut" title={row.reason}>{texts.held.reason(row.reason)}</span>, csv: (row) => row.reason },
  { key: "count", header: t.events, width: "80px", isEnd: true, cell: (row) => <Figure value={row.count} />, csv: (row) => row.count },
];

/** Each line opens into its rows: the events of this outcome, or the writes that ClickHouse refused. */
function Decisions({ sourceId, counts }: { readonly sourceId: number; readonly counts: readonly LedgerSource[] | undefined }): ReactNode {
  const navigate = useNavigate();
  const rows = counts?.flatMap((one) => [...one.decisions, ...one.failures]).toSorted((a, b) => b.count - a.count);
  const open = ({ outcome }: Decision): void => void (outcome === "failed" ? navigate({ to: "/", search: { open: "refused" } }) : navigate({ to: "/live", search: { source: sourceId, outcome } }));
  return (
    <div className="table-in-card" style={{ height: rows?.length === 0 ? undefined : 33 + 36 * Math.min(rows?.length ?? 4, 12) }}>
      <DataTable
        fills label={t.decisions} columns={columns} rows={rows} rowKey={(row) => `${row.outcome} ${row.reason}`} onOpen={open}
        empty={<Empty icon={<IconInbox size={28} stroke={1.4} />} title={t.noEvents} text={t.noEventsText} />}
      />
    </div>
  );
}
