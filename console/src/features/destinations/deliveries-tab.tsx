// What was sent, the latest first; one of them opens beside it with its request and reply.
import { Button, NativeSelect } from "@mantine/core";
import { IconSearch, IconSend, IconX } from "@tabler/icons-react";
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import type { DeliveryShown } from "@tributary/schema/api/deliveries.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { codeText, deliveryKey, DeliveryOutcome, DeliveryPanel } from "./delivery-panel.tsx";
import { outcomes, type DestinationSearch } from "./destinations-search.ts";
import { FindField } from "./find-field.tsx";
import { deliveriesQuery } from "./queries.ts";
import { ReplayDialog } from "./replay-dialog.tsx";
import type { TabProps } from "./tab-props.ts";

const t = texts.deliveries;

const columns: readonly Column<DeliveryShown>[] = [
  { key: "event", header: t.columns.event, width: "minmax(120px, 2fr)", cell: ({ event }) => <Value value={event} /> },
  { key: "outcome", header: t.columns.outcome, width: "120px", cell: ({ outcome }) => <DeliveryOutcome outcome={outcome} /> },
  { key: "code", header: t.columns.code, width: "minmax(88px, 1fr)", cell: ({ code, status }) => <span className="dim cut">{code === "" || code === "ok" ? (status === null ? "" : `HTTP ${status}`) : codeText(code)}</span> },
  { key: "subscription", header: t.columns.subscription, width: "minmax(96px, 1fr)", cell: ({ subscription, subscription_name: name }) => <span className="dim"><Value value={name ?? `#${subscription}`} /></span> },
  { key: "attempts", header: t.columns.attempts, width: "64px", isEnd: true, cell: ({ attempts }) => attempts },
  { key: "at", header: t.columns.at, width: "112px", cell: ({ finished_at: at }) => <When at={at} /> },
];
const beside: ReadonlySet<string> = new Set(["event", "outcome", "at"]);
const columnsBeside = columns.filter(({ key }) => beside.has(key));

export function DeliveriesTab({ destination: { slug }, search, onSearch }: TabProps): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const pages = useInfiniteQuery({ ...deliveriesQuery(slug, search), refetchInterval: 5_000 });
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.data), [pages.data]);
  const [replayed, setReplayed] = useState<DeliveryShown>();
  const opened = rows?.find((row) => deliveryKey(row) === search.open);
  const isFiltered = search.outcome !== undefined || search.code !== undefined || search.event !== undefined;
  const set = (next: { readonly [Key in keyof DestinationSearch]?: DestinationSearch[Key] | undefined }): void => onSearch({ ...search, open: undefined, ...next });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  return (
    <div className="destination-deliveries">
      <div className="row wrap catalog-tools">
        <FindField label={t.find} value={search.event ?? ""} onChange={(event) => set({ event })} />
        <NativeSelect
          aria-label={t.outcome} value={search.outcome ?? ""} data={[{ value: "", label: t.anyOutcome }, ...outcomes.map((value) => ({ value, label: t.outcomes[value] ?? value }))]}
          onChange={(event) => set({ outcome: outcomes.find((one) => one === event.currentTarget.value) })}
        />
        {search.code === undefined ? null : <Button variant="default" rightSection={<IconX size={14} aria-hidden />} onClick={() => set({ code: undefined })}>{t.shownCode(codeText(search.code))}</Button>}
      </div>
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      <div className="split">
        <div className="main">
          {pages.error && !rows ? null : (
            <DataTable
              fills label={t.tabs.deliveries} columns={opened ? columnsBeside : columns} rows={rows} rowKey={deliveryKey} selected={search.open} onOpen={(row) => set({ open: deliveryKey(row) })}
              onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} isLoadingMore={isFetchingNextPage}
              empty={isFiltered
                ? <Empty icon={<IconSearch size={28} stroke={1.4} />} title={t.noMatch} text={t.noMatchText} action={<Link to="/destinations/$slug" params={{ slug }} search={{ tab: "deliveries" }}>{t.clear}</Link>} />
                : <Empty icon={<IconSend size={28} stroke={1.4} />} title={t.none} text={t.noneText} />}
            />
          )}
        </div>
        {opened ? <DeliveryPanel key={search.open} destination={slug} delivery={opened} onClose={() => set({})} onReplay={may(session, "write") ? () => setReplayed(opened) : undefined} /> : null}
      </div>
      {replayed ? <ReplayDialog slug={slug} wish={{ message_id: replayed.message_id, subscription: replayed.subscription }} onClose={() => setReplayed(undefined)} /> : null}
    </div>
  );
}
