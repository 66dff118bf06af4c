// Home: is everything well, what came in, and what needs a person?
import { Button } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { IconBolt } from "@tabler/icons-react";
import { useEffect, type ReactNode } from "react";
import type { Ledger } from "@tributary/schema/api/events.ts";
import { texts } from "../../texts/texts.ts";
import { Figure, When } from "../../ui/figure.tsx";
import { fullNumber } from "../../ui/format.ts";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { State, type Tone } from "../../ui/state.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { FindCaller } from "../desk/find-caller.tsx";
import { eventSources, healthOf, hopsOf, statusOf, type Hops, type Status } from "../ledger/hops.ts";
import { Health } from "../sources/health.tsx";
import { latestEventQuery, ledgerQuery, sourceListQuery } from "../sources/queries.ts";
import { wasStartLeft } from "../start/guide-key.ts";
import { demoShopQuery } from "../start/queries.ts";
import { DayCard } from "./day-card.tsx";
import { FreshnessCard } from "./freshness-card.tsx";
import { HopStrip } from "./hop-strip.tsx";
import { Needs } from "./needs-card.tsx";
import { ProblemPanel } from "./problem-panel.tsx";
import "./home.css";

const t = texts.home;
const route = getRouteApi("/shell/");
const tones: Readonly<Record<Status, Tone>> = { quiet: "plain", well: "good", held: "attention", behind: "waiting", failed: "bad", unbalanced: "bad" };

/** Somebody with a customer on the phone begins with who that is; everybody else with how the data is. */
export function HomePage(): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  return session.role === "service_agent" ? <FindCaller /> : <Overview />;
}

function Overview(): ReactNode {
  const { open } = route.useSearch();
  const navigate = useNavigate();
  const ledger = useQuery(ledgerQuery);
  useStartOfNewWorkspace();
  const hops = ledger.data && hopsOf(eventSources(ledger.data));
  return (
    <Page title={t.title} heading={<h1>{hops ? <StatusSentence hops={hops} /> : <Bar width={45} />}</h1>}>
      <div className="home">
        {ledger.error ? <ProblemNotice problem={ledger.error} onRetry={() => void ledger.refetch()} /> : null}
        {ledger.error && !ledger.data ? null : (
          <Card title={t.strip} bare>
            <HopStrip hops={hops} imbalances={ledger.data?.imbalances ?? []} />
            <Freshness hops={hops} ledger={ledger.data} />
          </Card>
        )}
        <div className="home-columns">
          <DayCard />
          <FreshnessCard />
        </div>
        <div className="home-columns">
          <Needs />
          <BySource />
        </div>
      </div>
      {open ? <ProblemPanel kind={open} onClose={() => void navigate({ to: "/", search: {} })} /> : null}
    </Page>
  );
}

/** A workspace to which nothing has ever come is shown how that begins to who can begin it, until they leave that page for Home. */
function useStartOfNewWorkspace(): void {
  const navigate = useNavigate();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const latest = useQuery(latestEventQuery());
  const shop = useQuery(demoShopQuery);
  const isNew = may(session, "admin") && latest.data?.data.length === 0 && shop.data?.is_here === false && !wasStartLeft();
  useEffect(() => {
    if (isNew) void navigate({ to: "/start", replace: true });
  }, [isNew, navigate]);
}

function StatusSentence({ hops }: { readonly hops: Hops }): ReactNode {
  const status = statusOf(hops);
  const words: Readonly<Record<Status, () => string>> = {
    quiet: () => t.status.quiet,
    well: () => t.status.well(hops.received),
    held: () => t.status.held(hops.received, hops.held),
    behind: () => t.status.behind(fullNumber(hops.waiting)),
    failed: () => t.status.failed(hops.failed),
    unbalanced: () => t.status.unbalanced,
  };
  return <span data-tone={tones[status]}>{words[status]()}</span>;
}

function Freshness({ hops, ledger }: { readonly hops: Hops | undefined; readonly ledger: Ledger | undefined }): ReactNode {
  const latest = useQuery(latestEventQuery());
  const since = ledger?.dedupe_window.since;
  const isExact = ledger?.waiting_to_be_read.exact ?? true;
  const [event] = latest.data?.data ?? [];
  return (
    <div className="hops-foot" aria-label={t.freshness} role="group">
      <span><span className="dim">{t.lastEvent}</span> {latest.isPending ? "…" : event ? <When at={event.received_at} /> : t.lastEventNever}</span>
      <span><span className="dim">{t.waiting}</span> {hops === undefined ? "…" : hops.waiting === 0 ? t.waitingNothing : <Link to="/" search={{ open: "waiting" }}>{isExact ? "" : `${t.atLeast} `}<Figure value={hops.waiting} /></Link>}</span>
      {since ? <span><span className="dim">{t.repeats}</span> <When at={since} /></span> : null}
      <span className="grow" />
      {ledger && hops?.balanced ? <State tone={ledger.verified ? "good" : "waiting"}>{ledger.verified ? t.balanced : t.verifying}</State> : null}
    </div>
  );
}

function BySource(): ReactNode {
  const sources = useQuery(sourceListQuery);
  const ledger = useQuery(ledgerQuery);
  const rows = sources.data?.map((source) => {
    const hops = ledger.data && hopsOf(ledger.data.sources.filter((one) => one.source_id === source.id));
    return { source, hops, health: hops && healthOf(source.enabled, hops) };
  }).toSorted((a, b) => (b.hops?.received ?? 0) - (a.hops?.received ?? 0)).slice(0, 8);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const isQuiet = ledger.data !== undefined && hopsOf(eventSources(ledger.data)).received === 0;
  const [first] = rows ?? [];
  return (
    <Card title={t.bySource} actions={<Link to="/sources">{t.allSources}</Link>} bare>
      {sources.error ? <div className="card-body"><ProblemNotice problem={sources.error} onRetry={() => void sources.refetch()} /></div> : null}
      {sources.isPending ? [1, 2, 3].map((row) => <div className="mini" key={row}><Bar /><Bar width={60} /><Bar width={60} /></div>) : null}
      {isQuiet && first ? (
        <Empty
          icon={<IconBolt size={28} stroke={1.4} />} title={t.firstTitle} text={t.firstText}
          action={may(session, "admin") ? <Button component={Link} to="/start">{t.firstAction}</Button> : undefined}
        />
      ) : rows?.map(({ source, hops, health }) => (
        <Link key={source.id} className="mini" to="/sources/$sourceId" params={{ sourceId: String(source.id) }}>
          <bdi className="cut">{source.name}</bdi>{health ? <Health health={health} /> : <Bar />}{hops ? <Figure value={hops.received} /> : <Bar />}
        </Link>
      ))}
    </Card>
  );
}
