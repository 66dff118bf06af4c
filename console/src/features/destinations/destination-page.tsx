// One destination: whether it takes what it is sent, what became of everything, what failed and what to do about it.
import { Tabs } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, type ReactNode } from "react";
import type { DestinationDetail } from "@tributary/schema/api/destinations.ts";
import { texts } from "../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { ConnectionTest } from "./connection-test.tsx";
import { DestinationState, shownStateOf } from "./destination-state.tsx";
import { DestinationSwitch } from "./destination-switch.tsx";
import { destinationTabs, type DestinationSearch } from "./destinations-search.ts";
import { deliveredShare, funnelOf, tookText } from "./funnel.ts";
import { OverviewTab } from "./overview-tab.tsx";
import { catalogDetailQuery, destinationQuery, healthQuery } from "./queries.ts";
import { SetUpButton } from "./set-up-button.tsx";
import { StopBanners } from "./stop-banner.tsx";
import type { SearchChange } from "./tab-props.ts";
import "../profiles/profiles.css";
import "../sources/source.css";
import "./destinations.css";

const panels = {
  overview: OverviewTab,
  subscriptions: lazy(async () => ({ default: (await import("./subscriptions-tab.tsx")).SubscriptionsTab })),
  deliveries: lazy(async () => ({ default: (await import("./deliveries-tab.tsx")).DeliveriesTab })),
  problems: lazy(async () => ({ default: (await import("./problems-tab.tsx")).ProblemsTab })),
  settings: lazy(async () => ({ default: (await import("./settings-tab.tsx")).SettingsTab })),
} as const;

const t = texts.deliveries;
const route = getRouteApi("/shell/destinations/$slug");
const back = { to: "/destinations", text: texts.destinations.title } as const;
const percent = new Intl.NumberFormat(texts.language, { style: "percent", maximumFractionDigits: 1 });

export function DestinationPage(): ReactNode {
  const { slug } = route.useParams();
  const one = useQuery(destinationQuery(slug));
  if (one.data) return <Known destination={one.data} />;
  if (one.error) return <Page title={slug} back={back}><ProblemNotice problem={one.error} onRetry={() => void one.refetch()} /></Page>;
  return <Page title={slug} back={back} heading={<Bar width={30} />} sentence={<Bar width={60} />}><div className="stack" aria-busy>{[80, 60, 70, 50].map((width) => <Bar key={width} width={width} />)}</div></Page>;
}

function Known({ destination }: { readonly destination: DestinationDetail }): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tab = search.tab ?? "overview";
  const Shown = panels[tab];
  const set = (change: SearchChange): void => void navigate({ search: cleaned({ ...search, ...change }), replace: change.tab === undefined, resetScroll: false });
  const go = (next: string | null): void => {
    const found = destinationTabs.find((one) => one === next);
    void navigate({ search: { ...(found === undefined || found === "overview" ? {} : { tab: found }), ...(search.hours === undefined ? {} : { hours: search.hours }) }, replace: true });
  };
  return (
    <Page title={destination.name} heading={<h1><bdi>{destination.name}</bdi></h1>} back={back} sentence={<Sentence destination={destination} hours={search.hours ?? 24} />} actions={<Actions destination={destination} />}>
      <StopBanners slug={destination.slug} />
      <Tabs value={tab} onChange={go} keepMounted={false}>
        <Tabs.List className="tabs-space">{destinationTabs.map((one) => <Tabs.Tab key={one} value={one}>{t.tabs[one]}</Tabs.Tab>)}</Tabs.List>
        <Tabs.Panel value={tab}><Suspense fallback={<div className="stack" aria-busy><Bar width={70} /><Bar width={50} /></div>}><Shown destination={destination} search={search} onSearch={set} /></Suspense></Tabs.Panel>
      </Tabs>
    </Page>
  );
}

/** Without what is not set. */
function cleaned(search: SearchChange): DestinationSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== ""));
}

function Sentence({ destination, hours }: { readonly destination: DestinationDetail; readonly hours: number }): ReactNode {
  const { data: health, error } = useQuery(healthQuery(destination.slug, hours));
  if (!health) return error ? <span>{destination.definition_name ?? texts.destinations.gone}</span> : <Bar width={50} />;
  const state = shownStateOf(destination, health.state);
  const share = deliveredShare(funnelOf(health));
  const { latency_ms: latency } = health;
  const text = state !== "flowing" ? t.sentence[state] : share === undefined ? t.sentence.quiet : t.sentence.flowing(percent.format(share), latency.count === 0 ? undefined : tookText(latency.p50));
  return (
    <span className="row wrap">
      <DestinationState state={state} /><span>{text}</span>
      {destination.has_test_people ? <strong>{texts.destinations.testOnly}</strong> : null}
      <span className="dim">{destination.definition_name ?? texts.destinations.gone}</span>
    </span>
  );
}

function Actions({ destination }: { readonly destination: DestinationDetail }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data: kind } = useQuery(catalogDetailQuery(destination.definition));
  if (!may(session, "write") || destination.status === "archived") return null;
  // With nothing to send there is nothing to switch on yet.
  const isUnfinished = !destination.enabled && destination.subscriptions.total === 0 && may(session, "admin");
  return (
    <>
      {/* Nearly all can: there from the start, so that nothing beside it moves. */}
      {kind?.definition.canTest ?? true ? <ConnectionTest slug={destination.slug} /> : null}
      {isUnfinished ? (
        <SetUpButton definition={destination.definition} search={{ step: "choose", destination: destination.slug }}>{texts.setUp.goOn}</SetUpButton>
      ) : <DestinationSwitch destination={destination} />}
    </>
  );
}
