// What ClickHouse refused for good: each write with its cause and what to do, sent again one by one or all at once.
import { Button } from "@mantine/core";
import { IconDatabase, IconRefresh } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import type { RefusedWrite } from "@tributary/schema/api/refused-writes.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { When } from "../../ui/figure.tsx";
import { Json } from "../../ui/json.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import type { HeldSearch } from "./held-search.ts";
import { refusedPagesQuery } from "./queries.ts";

const t = texts.held;
const tones = { open: "bad", landed: "good", discarded: "waiting" } as const;

export interface RefusedWritesProps {
  readonly search: HeldSearch;
  readonly onGo: (search: HeldSearch) => void;
  readonly tabs: ReactNode;
}

const columns: readonly Column<RefusedWrite>[] = [
  { key: "at", header: t.refusedColumns.at, width: "112px", cell: (row) => <When at={row.at} /> },
  { key: "reason", header: t.refusedColumns.reason, width: "minmax(96px, 1fr)", cell: (row) => <span className="mono">{row.reason}</span> },
  { key: "what", header: t.refusedColumns.what, width: "minmax(96px, 1.5fr)", cell: (row) => <Value value={row.event || t.kind[row.kind]} /> },
  { key: "table", header: t.refusedColumns.table, width: "minmax(72px, 1fr)", cell: (row) => <span className="mono dim">{row.table}</span> },
  { key: "status", header: t.refusedColumns.status, width: "104px", cell: (row) => <State tone={tones[row.status]}>{t.refusedStatus[row.status]}</State> },
];

export function RefusedWrites({ search, onGo, tabs }: RefusedWritesProps): ReactNode {
  const pages = useInfiniteQuery(refusedPagesQuery);
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.data), [pages.data]);
  const open = rows?.filter(({ status }) => status === "open").length ?? 0;
  const shown = rows?.find(({ id }) => id === search.write);
  const empty = <Empty icon={<IconDatabase size={28} stroke={1.4} />} title={t.refusedNone} text={t.refusedNoneText} />;
  return (
    <Page fills title={t.refusedTitle} sentence={rows ? t.refusedSentence(open, pages.hasNextPage) : <Bar width={40} />} actions={<>{open > 0 ? <RetryAll /> : null}{tabs}</>}>
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      <div className="split">
        <div className="main">
          {pages.error && !rows ? null : (
            <DataTable
              fills label={t.refusedTitle} columns={columns} rows={rows} rowKey={(row) => row.id} selected={search.write} onOpen={(row) => onGo({ tab: "refused", write: row.id })} empty={empty}
              onEnd={pages.hasNextPage && !pages.isFetchingNextPage ? () => void pages.fetchNextPage() : undefined} isLoadingMore={pages.isFetchingNextPage}
            />
          )}
        </div>
        {shown ? <WritePanel write={shown} onClose={() => onGo({ tab: "refused" })} /> : null}
      </div>
    </Page>
  );
}

function WritePanel({ write, onClose }: { readonly write: RefusedWrite; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const act = useMutation({
    mutationFn: (what: "retry" | "discard") => change<{ readonly status: RefusedWrite["status"] }>("POST", `/refused-writes/${write.id}/${what}`),
    onSuccess: async ({ status }) => {
      toast({ text: status === "landed" ? t.landed : status === "discarded" ? t.discarded : t.refusedAgain, tone: status === "open" ? "bad" : "good" });
      await client.invalidateQueries({ queryKey: ["refused"] });
    },
  });
  return (
    <Panel title={write.event || t.kind[write.kind]} onClose={onClose}>
      <section className="stack">
        <State tone={tones[write.status]}>{t.refusedStatus[write.status]}</State>
        <p>{write.detail}</p>
        {write.whole_installation ? <p className="dim">{t.whole_installation}</p> : null}
        {write.status === "open" && may(session, "write") && may(session, "personal_data") ? (
          <div className="row wrap">
            <Button leftSection={<IconRefresh size={15} />} loading={act.isPending} onClick={() => act.mutate("retry")}>{t.retry}</Button>
            <Button variant="subtle" color="gray" disabled={act.isPending} onClick={() => act.mutate("discard")}>{t.discard}</Button>
          </div>
        ) : null}
        {act.error ? <ProblemNotice problem={act.error} /> : null}
      </section>
      <section><h3>{t.engine}</h3><p className="mono">{write.engine.code}: {write.engine.message.slice(0, 1_000)}</p></section>
      {write.raw ? <section><h3>{t.asReceived}</h3><Json text={write.raw} label={t.asReceived} /></section> : null}
    </Panel>
  );
}

function RetryAll(): ReactNode {
  const client = useQueryClient();
  const retry = useMutation({
    mutationFn: async () => {
      let [landed, refused]: [number, number] = [0, 0];
      for (let after: string | null | undefined; after !== null;) {
        const answer: { landed: number; refused: number; next: string | null } = await change("POST", "/refused-writes/retry", after === undefined ? {} : { after });
        [landed, refused, after] = [landed + answer.landed, refused + answer.refused, answer.next];
      }
      return { landed, refused };
    },
    onSuccess: ({ landed, refused }) => toast({ text: t.retried(landed, refused), tone: refused === 0 ? "good" : "bad" }),
    onError: (error) => toast({ text: error.message, tone: "bad" }),
    onSettled: () => client.invalidateQueries({ queryKey: ["refused"] }),
  });
  const { data: session } = useSuspenseQuery(sessionQuery);
  if (!may(session, "write") || !may(session, "personal_data")) return null;
  return <Button variant="default" leftSection={<IconRefresh size={15} />} loading={retry.isPending} onClick={() => retry.mutate()}>{t.retryAll}</Button>;
}
