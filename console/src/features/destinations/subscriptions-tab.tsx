// What goes to a destination: each subscription, what it takes, and whether it is on.
import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconFilter, IconPlus } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Subscription } from "@tributary/schema/api/destinations.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { AudienceSyncCard } from "./audience-sync-card.tsx";
import { subscriptionsQuery } from "./queries.ts";
import { SetUpButton } from "./set-up-button.tsx";
import { SubscriptionSwitch } from "./subscription-switch.tsx";
import { SubscriptionTakes } from "./subscription-takes.tsx";
import type { TabProps } from "./tab-props.ts";

const t = texts.deliveries.subscriptions;

export function SubscriptionsTab({ destination }: TabProps): ReactNode {
  const { slug, status, definition, definition_name: definitionName } = destination;
  const { data: session } = useSuspenseQuery(sessionQuery);
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const list = useQuery(subscriptionsQuery(slug));
  const mayChange = may(session, "write") && status === "active";
  const columns: readonly Column<Subscription>[] = [
    { key: "name", header: t.columns.name, width: "minmax(120px, 2fr)", cell: ({ id, name }) => <Link to="/destinations/$slug/subscriptions/$id" params={{ slug, id: String(id) }}><Value value={name} /></Link> },
    { key: "takes", header: t.columns.takes, width: "minmax(128px, 1.5fr)", cell: (one) => <SubscriptionTakes subscription={one} /> },
    { key: "action", header: t.columns.action, width: "minmax(120px, 1fr)", cell: ({ action, action_name: name }) => <span className="dim"><Value value={name ?? action} /></span> },
    { key: "state", header: t.columns.state, width: "96px", cell: (one) => (mayChange ? <SubscriptionSwitch destination={destination} subscription={one} label={t.switch(one.name)} /> : <State tone={one.enabled ? "good" : "plain"}>{one.enabled ? t.isOn : t.isOff}</State>) },
    { key: "version", header: t.columns.version, width: "64px", isEnd: true, cell: ({ version }) => version },
    { key: "changed", header: t.columns.changed, width: "104px", cell: ({ updated_at: at }) => <When at={at} /> },
  ];
  const shown = isNarrow ? columns.filter(({ key }) => key !== "version") : columns;
  if (list.error && !list.data) return <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} />;
  const add = mayChange && definitionName !== null
    ? <Button variant="default" leftSection={<IconPlus size={15} aria-hidden />} renderRoot={(root) => <Link {...root} to="/destinations/$slug/subscriptions/new" params={{ slug }} />}>{texts.subscriptions.newTitle}</Button> : undefined;
  // With nothing yet, the three steps lead there.
  const first = add && may(session, "admin") ? <SetUpButton definition={definition} search={{ step: "choose", destination: slug }}>{texts.setUp.add}</SetUpButton> : add;
  return (
    <div className="stack-wide">
      {add && list.data && list.data.data.length > 0 ? <div className="row" style={{ justifyContent: "flex-end" }}>{add}</div> : null}
      <DataTable label={t.title} columns={shown} rows={list.data?.data} rowKey={({ id }) => id} empty={<Empty icon={<IconFilter size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={first} />} />
      {list.data?.data.filter(({ kind }) => kind === "audience").map((one) => <AudienceSyncCard key={one.id} destination={destination} subscription={one} />)}
    </div>
  );
}
