// What was sent about one person: where, when, why, and what came back; and what still waits.
import { IconSend } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import type { PersonDeliveries } from "@tributary/schema/api/deliveries.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { When } from "../../ui/figure.tsx";
import { Filled } from "../../ui/filled.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { Value } from "../../ui/value.tsx";
import { codeText, deliveryKey, DeliveryOutcome, DeliveryPanel } from "./delivery-panel.tsx";
import { personDeliveriesQuery } from "./queries.ts";
import "../sources/source.css";
import "./destinations.css";

const t = texts.deliveries;
type Row = PersonDeliveries["data"][number];

const keyOf = (row: Row): string => `${row.destination} ${deliveryKey(row)} ${row.finished_at}`;

const columns: readonly Column<Row>[] = [
  { key: "destination", header: t.columns.destination, width: "minmax(112px, 1fr)", cell: ({ destination_name: name }) => <Value value={name} /> },
  { key: "event", header: t.columns.event, width: "minmax(112px, 1fr)", cell: ({ event }) => <Value value={event} /> },
  { key: "why", header: t.columns.why, width: "minmax(112px, 1fr)", cell: ({ subscription, subscription_name: name }) => <span className="dim"><Value value={name ?? `#${subscription}`} /></span> },
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
                <DeliveryOutcome outcome={one.attempts === 0 ? "behind" : "waiting"} /><strong><bdi>{one.destination_name}</bdi></strong><span className="dim"><bdi>{one.subscription_name ?? `#${one.subscription}`}</bdi></span>{one.attempts === 0 || Date.parse(one.next_at) < Date.now() ? null : <span className="dim"><Filled text={t.person.waits} parts={{ when: <When at={one.next_at} /> }} /></span>}
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
      {opened ? <DeliveryPanel over destination={opened.destination} delivery={opened} onClose={() => setOpened(undefined)} /> : null}
    </div>
  );
}
