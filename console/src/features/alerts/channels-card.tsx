// Whom alerts are told: each channel with what became of what it was told last, tried by a button.
import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconDots, IconPlus, IconSpeakerphone } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { AlertChannel, AlertChannelTest } from "@tributary/schema/api/alerts.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { When } from "../../ui/figure.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { ChannelDialog } from "./channel-dialog.tsx";
import { alertChannelsQuery } from "./queries.ts";

const t = texts.alerts;
const route = getRouteApi("/shell/settings/alerts");

export function ChannelsCard(): ReactNode {
  const channels = useQuery(alertChannelsQuery);
  const { add: isAdding } = route.useSearch();
  const navigate = useNavigate();
  const setAdding = (isOn: boolean): void => void navigate({ to: "/settings/alerts", search: isOn ? { add: true } : {}, replace: !isOn });
  const [editing, setEditing] = useState<AlertChannel>();
  const add = <Button variant="default" leftSection={<IconPlus size={15} />} onClick={() => setAdding(true)}>{t.addOne}</Button>;
  const { data } = channels;
  return (
    <Card title={t.channels} actions={data && data.data.length > 0 ? add : undefined}>
      {channels.error && !data ? <ProblemNotice problem={channels.error} onRetry={() => void channels.refetch()} /> : null}
      {data === undefined ? (channels.error ? null : <div className="stack">{[60, 60].map((width, i) => <Bar key={i} width={width} />)}</div>)
        : data.data.length === 0 ? <Empty icon={<IconSpeakerphone size={28} stroke={1.4} />} title={t.channelsNone} text={t.channelsNoneText} action={add} /> : <Channels channels={data.data} onEdit={setEditing} />}
      {isAdding === true && data ? <ChannelDialog hasMail={data.has_mail} onClose={() => setAdding(false)} /> : null}
      {editing && data ? <ChannelDialog hasMail={data.has_mail} channel={editing} onClose={() => setEditing(undefined)} /> : null}
    </Card>
  );
}

function Channels({ channels, onEdit }: { readonly channels: readonly AlertChannel[]; readonly onEdit: (channel: AlertChannel) => void }): ReactNode {
  const [removing, setRemoving] = useState<AlertChannel>();
  return (
    <div className="alert-channels">
      <table className="plain-table">
        <thead><tr><th>{t.channelColumns.name}</th><th>{t.channelColumns.where}</th><th>{t.channelColumns.told}</th><th>{t.channelColumns.state}</th><th><span className="unseen">{t.actions}</span></th></tr></thead>
        <tbody>{channels.map((channel) => <ChannelRow key={channel.id} channel={channel} onEdit={() => onEdit(channel)} onRemove={() => setRemoving(channel)} />)}</tbody>
      </table>
      {removing ? <RemoveChannel channel={removing} onClose={() => setRemoving(undefined)} /> : null}
    </div>
  );
}

function ChannelRow({ channel, onEdit, onRemove }: { readonly channel: AlertChannel; readonly onEdit: () => void; readonly onRemove: () => void }): ReactNode {
  const client = useQueryClient();
  const { id, name, kind, hint, enabled, kinds } = channel;
  const again = (): Promise<void> => client.invalidateQueries({ queryKey: alertChannelsQuery.queryKey });
  const test = useMutation({
    mutationFn: () => change<AlertChannelTest>("POST", `/alert-channels/${id}/test`),
    onSuccess: ({ ok, detail }) => toast(ok ? { text: t.tested(name) } : { text: t.testFailed(detail ?? ""), tone: "bad" }),
    onError: (error) => toast({ text: error.message, tone: "bad" }),
  });
  const turn = useMutation({ mutationFn: (isOn: boolean) => change<AlertChannel>("PATCH", `/alert-channels/${id}`, { enabled: isOn }), onSuccess: again, onError: (error) => toast({ text: error.message, tone: "bad" }) });
  return (
    <tr>
      <td className="alert-channel-name"><strong><bdi>{name}</bdi></strong></td>
      <td><span className="dim">{t.channelKinds[kind]} · </span><bdi>{hint}</bdi></td>
      <td className="nowrap">{kinds === null ? t.allKinds : <span title={kinds.map((one) => t.kinds[one] ?? one).join(", ")}>{t.someKinds(kinds.length)}</span>}</td>
      <td><ChannelState channel={channel} /></td>
      <td>
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" size="compact-sm" loading={test.isPending} aria-label={`${t.test}: ${name}`} onClick={() => test.mutate()}>{t.test}</Button>
          <Menu position="bottom-end">
            <Menu.Target><ActionIcon aria-label={`${t.actions}: ${name}`}><IconDots size={16} /></ActionIcon></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={onEdit}>{t.edit}</Menu.Item>
              <Menu.Item onClick={() => turn.mutate(!enabled)}>{enabled ? t.switchOff : t.switchOn}</Menu.Item>
              <Menu.Item color="red" onClick={onRemove}>{t.remove}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </div>
      </td>
    </tr>
  );
}

function ChannelState({ channel: { enabled, waiting, last_sent_at: lastSentAt, last_problem: problem } }: { readonly channel: AlertChannel }): ReactNode {
  if (!enabled) return <State tone="plain">{t.channelOff}</State>;
  if (waiting > 0) return <div><State tone="attention">{t.waiting(waiting)}</State>{problem === "" ? null : <div className="dim">{problem}</div>}</div>;
  return <State tone="good">{lastSentAt === null ? t.neverTold : <span>{t.lastTold} <When at={lastSentAt} /></span>}</State>;
}

function RemoveChannel({ channel: { id, name }, onClose }: { readonly channel: AlertChannel; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => change("DELETE", `/alert-channels/${id}`),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["alerts"] });
      toast({ text: t.removed(name) });
      onClose();
    },
  });
  return (
    <AskDialog title={t.removeTitle(name)} error={remove.error} onClose={onClose}
      action={<Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>{t.remove}</Button>}
    >
      <p>{t.removeText}</p>
    </AskDialog>
  );
}
