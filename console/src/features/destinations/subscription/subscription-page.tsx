// One subscription of a destination: edited with what it makes of real events beside it, and as it was before.
import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { DestinationDetail, SubscriptionDetail } from "@tributary/schema/api/destinations.ts";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { texts } from "../../../texts/texts.ts";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { Page } from "../../../ui/page.tsx";
import { catalogDetailQuery, destinationQuery } from "../queries.ts";
import { backTo, EditorSkeleton } from "./frame.tsx";
import { draftOf, type SubscriptionDraft } from "./model/subscription-draft.ts";
import { subscriptionQuery } from "./queries.ts";
import { SubscriptionEditor } from "./subscription-editor.tsx";
import { subscriptionTabs } from "./subscription-search.ts";
import { VersionsTab } from "./versions-tab.tsx";
import "../../audiences/audiences.css";
import "../../profiles/profiles.css";
import "../destinations.css";
import "./subscription.css";

const t = texts.subscriptions;
const route = getRouteApi("/shell/destinations/$slug/subscriptions/$id");

export function SubscriptionPage(): ReactNode {
  const { slug, id } = route.useParams();
  const destination = useQuery(destinationQuery(slug));
  const one = useQuery(subscriptionQuery(slug, Number(id)));
  const kind = useQuery({ ...catalogDetailQuery(destination.data?.definition ?? ""), enabled: destination.data !== undefined });
  const failed = [destination, one, kind].find(({ error, data }) => error && !data);
  if (failed?.error) return <Page title={one.data?.name ?? t.title} back={backTo(slug, destination.data?.name)}><ProblemNotice problem={failed.error} onRetry={() => void failed.refetch()} /></Page>;
  if (!destination.data || !one.data || !kind.data) return <EditorSkeleton title={t.title} slug={slug} name={destination.data?.name} />;
  return <Known key={one.data.id} destination={destination.data} definition={kind.data.definition} saved={one.data} />;
}

interface KnownProps {
  readonly destination: DestinationDetail;
  readonly definition: DestinationDefinition;
  readonly saved: SubscriptionDetail;
}

function Known({ destination, definition, saved }: KnownProps): ReactNode {
  const { tab = "edit" } = route.useSearch();
  const navigate = route.useNavigate();
  /** An old version that is taken into the editor again. */
  const [taken, setTaken] = useState<{ readonly draft: SubscriptionDraft; readonly of: number }>();
  const go = (next: string | null): void => void navigate({ search: (before) => ({ ...(before.event === undefined ? {} : { event: before.event }), ...(next === "versions" ? { tab: "versions" as const } : {}) }), replace: true });
  const tabs = (
    <Tabs value={tab} onChange={go}>
      <Tabs.List className="tabs-space">{subscriptionTabs.map((one) => <Tabs.Tab key={one} value={one}>{t.tabs[one]}</Tabs.Tab>)}</Tabs.List>
    </Tabs>
  );
  const take = (version: number, old: SubscriptionDetail["definition"]): void => {
    setTaken({ draft: { name: saved.name, definition: old }, of: version });
    go("edit");
  };
  // The editor stays with what is not saved in it, while somebody looks at what was before.
  return (
    <SubscriptionEditor key={taken?.of ?? 0} destination={destination} definition={definition} saved={saved} first={taken?.draft ?? draftOf(saved)} tabs={tabs}>
      {tab === "versions" ? <VersionsTab slug={destination.slug} saved={saved} onTake={take} /> : undefined}
    </SubscriptionEditor>
  );
}
