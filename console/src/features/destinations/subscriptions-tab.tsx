// What goes to a destination: each subscription, what it takes, and whether it is on.
import { Switch } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Subscription, SubscriptionChanged } from "@tributary/schema/api/destinations.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { destinationPath, subscriptionsQuery } from "./queries.ts";
import type { TabProps } from "./tab-props.ts";

const t = texts.deliveries.subscriptions;

export function SubscriptionsTab({ destination: { slug, status } }: TabProps): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const client = useQueryClient();
  const list = useQuery(subscriptionsQuery(slug));
  const mayChange = may(session, "write") && status === "active";
  const set = useMutation({
    mutationFn: ({ one, isOn }: { readonly one: Subscription; readonly isOn: boolean }) => change<SubscriptionChanged>("PATCH", `${destinationPath(slug)}/subscriptions/${one.id}`, { enabled: isOn }),
    onError: (error) => toast({ tone: "bad", text: error.message }),
    onSuccess: async (_, { one, isOn }) => {
      await client.invalidateQueries({ queryKey: ["destinations"] });
      toast({ text: isOn ? t.on(one.name) : t.off(one.name), ...(isOn ? {} : { onUndo: () => set.mutate({ one, isOn: true }) }) });
    },
  });
  const columns: readonly Column<Subscription>[] = [
    { key: "name", header: t.columns.name, width: "minmax(120px, 2fr)", cell: ({ name }) => <Value value={name} /> },
    { key: "takes", header: t.columns.takes, width: "minmax(112px, 1fr)", cell: (one) => <Takes one={one} /> },
    { key: "action", header: t.columns.action, width: "minmax(120px, 1fr)", cell: ({ action, action_name: name }) => <span className="dim"><Value value={name ?? action} /></span> },
    { key: "state", header: t.columns.state, width: "96px", cell: (one) => <OnOff one={one} isPending={set.isPending} onSet={mayChange && one.kind === "events" ? (isOn) => set.mutate({ one, isOn }) : undefined} /> },
    { key: "version", header: t.columns.version, width: "64px", isEnd: true, cell: ({ version }) => version },
    { key: "changed", header: t.columns.changed, width: "104px", cell: ({ updated_at: at }) => <When at={at} /> },
  ];
  if (list.error && !list.data) return <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} />;
  return <DataTable label={t.title} columns={columns} rows={list.data?.data} rowKey={({ id }) => id} empty={<Empty icon={<IconFilter size={28} stroke={1.4} />} title={t.none} text={t.noneText} />} />;
}

function Takes({ one: { kind, audience } }: { readonly one: Subscription }): ReactNode {
  if (kind === "events" || audience === null) return <span className="dim">{t.events}</span>;
  return <Link to="/audiences/$slug" params={{ slug: audience }}>{t.audience(audience)}</Link>;
}

/** Of an audience it says only how it is: switching that on sends people, and is asked about where they are counted. */
function OnOff({ one, isPending, onSet }: { readonly one: Subscription; readonly isPending: boolean; readonly onSet: ((isOn: boolean) => void) | undefined }): ReactNode {
  if (!onSet) return <State tone={one.enabled ? "good" : "plain"}>{one.enabled ? t.isOn : t.isOff}</State>;
  return <Switch size="sm" aria-label={t.switch(one.name)} checked={one.enabled} disabled={isPending} onChange={(event) => onSet(event.currentTarget.checked)} />;
}
