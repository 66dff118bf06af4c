// What was sent about one person: where, when, why, and what came back; and what still waits.
import { IconSend } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import type { DeliveryWhy, PersonDeliveries } from "@tributary/schema/api/deliveries.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { When } from "../../ui/figure.tsx";
import { Filled } from "../../ui/filled.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { Value } from "../../ui/value.tsx";
import { reasonText } from "../audiences/page/change-line.tsx";
import { codeText, deliveryKey, DeliveryOutcome, DeliveryPanel } from "./delivery-panel.tsx";
import { personDeliveriesQuery } from "./queries.ts";
import "../sources/source.css";
import "./destinations.css";

const t = texts.deliveries;
type Row = PersonDeliveries["data"][number];

const keyOf = (row: Row): string => `${row.destination} ${deliveryKey(row)} ${row.finished_at}`;

const nameOf = ({ subscription, subscription_name: name }: Pick<Row, "subscription" | "subscription_name">): string => name ?? `#${subscription}`;

/** Which audience they came into or went out of, and by what. */
function Turned({ why }: { readonly why: DeliveryWhy }): ReactNode {
  return <Filled text={why.entered ? t.person.cameInto : t.person.wentOutOf} parts={{ audience: <bdi>{why.audience_name}</bdi>, reason: reasonText(why.reason) }} />;
}

const Cause = ({ event }: { readonly event: string }): ReactNode => <Filled text={t.person.byEvent} parts={{ event: <bdi>{event}</bdi> }} />;

/** The same for the panel, with the way to the audience's own answer and to the event. */
function Why({ why, personId }: { readonly why: DeliveryWhy; readonly personId: string }): ReactNode {
  return (
    <span className="row wrap">
      <span><Turned why={why} /></span><span className="dim"><When at={why.at} /></span>
      <Link to="/audiences/$slug" params={{ slug: why.audience }} search={{ tab: "why", person: personId }}>{texts.audiences.onPerson.why}</Link>
      {why.cause === null ? null : why.cause.message_id === "" ? <Cause event={why.cause.event} /> : <Link to="/live" search={{ message: why.cause.message_id }}><Cause event={why.cause.event} /></Link>}
    </span>
  );
}

const columns: readonly Column<Row>[] = [
  { key: "destination", header: t.columns.destination, width: "minmax(112px, 1fr)", cell: ({ destination_name: name }) => <Value value={name} /> },
  { key: "event", header: t.columns.event, width: "minmax(112px, 1fr)", cell: ({ event }) => <Value value={event} /> },
  { key: "why", header: t.columns.why, width: "minmax(112px, 1.6fr)", cell: (row) => <span className="dim cut" title={row.why === null ? undefined : reasonText(row.why.reason)}>{row.why === null ? <Value value={nameOf(row)} /> : <Turned why={row.why} />}</span> },
  { key: "outcome", header: t.columns.outcome, width: "120px", cell: ({ outcome }) => <DeliveryOutcome outcome={outcome} /> },
  { key: "code", header: t.columns.code, width: "96px", cell: ({ code, status }) => <span className="dim cut">{code === "" ? (status === null ? "" : `HTTP ${status}`) : codeText(code)}</span> },
  { key: "at", header: t.columns.at, width: "112px", cell: ({ finished_at: at }) => <When at={at} /> },
];

export function PersonSent({ personId }: { readonly personId: string }): ReactNode {
  const pages = useInfiniteQuery(personDeliveriesQuery(personId));
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.data), [pages.data]);
  const waiting = pages.data?.pages[0]?.waiting ?? [];
  const [opened, setOpened] = useState<Row>();
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  return (
    <div className="stack-wide">
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {waiting.length === 0 ? null : (
        <Card title={t.person.waiting}>
          <ul className="plain-list catalog-parts">
            {waiting.map((one) => (
              <li key={`${one.destination} ${one.stream} ${one.subscription} ${one.position}`} className="row wrap">
                <DeliveryOutcome outcome={one.attempts === 0 ? "behind" : "waiting"} /><strong><bdi>{one.destination_name}</bdi></strong><span className="dim">{one.why === null ? <bdi>{nameOf(one)}</bdi> : <Turned why={one.why} />}</span>{one.attempts === 0 || Date.parse(one.next_at) < Date.now() ? null : <span className="dim"><Filled text={t.person.waits} parts={{ when: <When at={one.next_at} /> }} /></span>}
                {one.code === "" ? null : <span>{codeText(one.code)}</span>}{one.detail === "" ? null : <span className="dim"><bdi>{one.detail}</bdi></span>}
              </li>
            ))}
          </ul>
        </Card>
      )}
      {pages.error && !rows ? null : (
        <DataTable
          label={t.person.title} columns={columns} rows={rows} rowKey={keyOf} selected={opened && keyOf(opened)} onOpen={setOpened}
          onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} isLoadingMore={isFetchingNextPage}
          empty={<Empty icon={<IconSend size={28} stroke={1.4} />} title={t.person.none} text={t.person.noneText} />}
        />
      )}
      {opened ? <DeliveryPanel over destination={opened.destination} delivery={opened} why={opened.why === null ? undefined : <Why why={opened.why} personId={personId} />} onClose={() => setOpened(undefined)} /> : null}
    </div>
  );
}
