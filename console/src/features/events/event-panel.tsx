// One event: what became of it, the path it took, and its bytes as they were received.
import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconDots, IconFilter, IconLink, IconSend, IconTool, IconUser } from "@tabler/icons-react";
import { useMutation, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { SendAgainAnswer } from "@tributary/schema/api/event-path.ts";
import type { EventFate, EventFateAnswer } from "@tributary/schema/api/events.ts";
import { boot, change, read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon, CopyText } from "../../ui/copy.tsx";
import { Clock, When } from "../../ui/figure.tsx";
import { valueText } from "../../ui/format.ts";
import { Json } from "../../ui/json.tsx";
import { prettyJson } from "../../ui/json-text.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Told } from "../../ui/told.tsx";
import { Value } from "../../ui/value.tsx";
import { toast } from "../../ui/toast.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { MaskedMark } from "../masking/masked.tsx";
import { RevealPayload } from "../masking/reveal.tsx";
import { useSourceName } from "../sources/queries.ts";
import { curlOfEvent } from "./curl.ts";
import { EventPathView } from "./event-path.tsx";
import { filtersOf, openOf, type LiveSearch } from "./live-search.ts";
import { Outcome, toneOf } from "./outcome.tsx";

const t = texts.events;
const PENDING_MS = 1_000;

export interface EventPanelProps {
  readonly messageId: string;
  readonly search: LiveSearch;
  readonly onChange: (search: LiveSearch) => void;
}

export function EventPanel({ messageId, search, onChange }: EventPanelProps): ReactNode {
  const fate = useQuery({
    queryKey: ["events", "fate", messageId],
    queryFn: ({ signal }) => read<EventFateAnswer>(`/events/${encodeURIComponent(messageId)}`, {}, signal),
    refetchInterval: ({ state }) => (state.data?.status === "pending" ? PENDING_MS : false),
  });
  const row = fate.data?.rows.find((one) => one.row_id === search.row) ?? fate.data?.rows[0];
  const title = row ? row.event || row.type || t.panel.title : t.panel.title;
  return (
    <Panel title={valueText(title, 80)} onClose={() => onChange(filtersOf(search))} actions={row ? <More row={row} search={search} onChange={onChange} /> : undefined}>
      {fate.error ? <ProblemNotice problem={fate.error} onRetry={() => void fate.refetch()} /> : null}
      {fate.isPending ? [70, 50, 90, 60].map((width) => <Bar key={width} width={width} />) : null}
      {fate.data ? <Fate answer={fate.data} row={row} onChange={onChange} /> : null}
    </Panel>
  );
}

type OnChange = EventPanelProps["onChange"];

function Fate({ answer, row, onChange }: { readonly answer: EventFateAnswer; readonly row: EventFate | undefined; readonly onChange: OnChange }): ReactNode {
  // Several events may have come under one message id: then this row's own outcome counts.
  const status = answer.rows.length > 1 && row ? row.outcome : answer.status;
  return (
    <>
      <div className="stack">
        <Outcome outcome={status} />
        <p>{t.outcomeText[status] ?? ""}{row?.detail ? <> <Told text={row.detail} /></> : null}</p>
        {answer.rows.length > 1 ? <p className="dim">{t.panel.others(answer.rows.length, row ? answer.rows.indexOf(row) + 1 : 1)}</p> : null}
        {row ? <Actions row={row} onChange={onChange} /> : null}
      </div>
      {row ? <><section><h3>{t.panel.path}</h3>{row.outcome === "failed" ? <PlainPath row={row} /> : <EventPathView key={row.row_id} row={row} onFilter={onChange} />}</section><Facts row={row} /><Raw row={row} /></> : null}
    </>
  );
}

function Actions({ row, onChange }: { readonly row: EventFate; readonly onChange: OnChange }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const mayChange = may(session, "write") && may(session, "personal_data") && row.raw !== "";
  return (
    <div className="row wrap">
      {row.profile_id === null ? null : <Button component={Link} to={`/profiles/${row.profile_id}`} variant="default" leftSection={<IconUser size={15} />}>{t.panel.openPerson}</Button>}
      {row.outcome === "quarantined" && row.status === "open" ? <Button component={Link} to="/held" search={{ reason: row.reason, row: row.row_id } as never} leftSection={<IconTool size={15} />}>{texts.path.repair}</Button> : null}
      {mayChange && row.outcome !== "quarantined" && row.outcome !== "failed" ? <SendAgain row={row} onChange={onChange} /> : null}
      {row.raw === "" || row.raw_masked ? null : <CopyText value={curlOfEvent(boot.publicUrl, row.type, row.raw)}>{t.panel.copyCurl}</CopyText>}
    </div>
  );
}

/** As a new event, which the panel then shows. */
function SendAgain({ row, onChange }: { readonly row: EventFate; readonly onChange: OnChange }): ReactNode {
  const sent = useMutation({
    mutationFn: () => change<SendAgainAnswer>("POST", `/events/${encodeURIComponent(row.message_id)}/send-again?row=${row.row_id}`),
    onSuccess: ({ message_id: message }) => {
      toast({ text: texts.path.sendAgainDone });
      onChange({ message });
    },
    onError: (error) => toast({ text: error.message, tone: "bad" }),
  });
  return <Button variant="default" leftSection={<IconSend size={15} />} loading={sent.isPending} onClick={() => sent.mutate()}>{texts.path.sendAgain}</Button>;
}

/** Of an event that ClickHouse refused, of which no row stands in the event table. */
function PlainPath({ row }: { readonly row: EventFate }): ReactNode {
  const sourceName = useSourceName();
  const { partition, offset, index } = row.position;
  return (
    <ol className="steps">
      <Step name={t.panel.received}><Clock at={row.received_at} /> <span className="dim">· <bdi>{sourceName(row.source_id).slice(0, 80)}</bdi></span><div className="dim">{t.panel.receivedText(partition, offset, index)}</div></Step>
      <Step name={t.panel.decided} tone={toneOf(row.outcome)}>{texts.everywhere.outcomes[row.outcome] ?? row.outcome}{row.reason ? <> <span className="mono dim">{row.reason}</span></> : null}</Step>
      <Step name={t.panel.landed} tone={row.outcome === "failed" ? "bad" : "good"}>{row.outcome === "failed" ? t.panel.landedNo : t.panel.landedYes}{row.refused_write === null ? null : <> <Link to="/held" search={{ tab: "refused" } as never}>{texts.held.refusedTitle}</Link></>}</Step>
    </ol>
  );
}

function Step({ name, tone = "good", children }: { readonly name: string; readonly tone?: string; readonly children: ReactNode }): ReactNode {
  return <li data-tone={tone}><span className="name">{name}</span><div>{children}</div></li>;
}

function Facts({ row }: { readonly row: EventFate }): ReactNode {
  return (
    <dl className="facts">
      <dt>{t.panel.messageId}</dt><dd className="row"><span className="mono grow"><Value value={row.message_id} /></span><CopyIcon value={row.message_id} /></dd>
      {row.library ? <><dt>{t.panel.library}</dt><dd><Value value={row.library} /></dd></> : null}
      <dt>{t.panel.sent}</dt><dd><When at={row.at} />{row.is_historical ? ` · ${t.panel.historical}` : ""}</dd>
    </dl>
  );
}

function Raw({ row }: { readonly row: EventFate }): ReactNode {
  return (
    <section>
      <h3 className="row"><span className="grow">{row.raw_masked ? texts.masking.payload : t.panel.raw}</span>{row.raw_masked ? <MaskedMark text={texts.masking.payloadText} /> : null}{row.raw ? <CopyIcon value={prettyJson(row.raw)} label={t.panel.copyJson} /> : null}</h3>
      {row.raw ? <Json text={row.raw} label={t.panel.raw} /> : <p className="dim">{t.panel.hidden}</p>}
      {row.raw_masked ? <RevealPayload row={row} /> : null}
    </section>
  );
}

function More({ row, search, onChange }: { readonly row: EventFate; readonly search: LiveSearch; readonly onChange: (search: LiveSearch) => void }): ReactNode {
  const only = { ...(row.type === "" ? {} : { type: row.type }), ...(row.event === "" ? {} : { event: row.event }), outcome: row.outcome, ...openOf(search) };
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target><ActionIcon aria-label={t.panel.menu}><IconDots size={16} /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconFilter size={15} />} onClick={() => onChange(only)}>{t.panel.onlyThis}</Menu.Item>
        <Menu.Item leftSection={<IconLink size={15} />} onClick={() => void navigator.clipboard.writeText(location.href)}>{t.panel.copyLink}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
