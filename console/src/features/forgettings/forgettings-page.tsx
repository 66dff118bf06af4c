// Who asked to be forgotten, the newest first, each opened beside the list; and asking for it.
import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconUserOff } from "@tabler/icons-react";
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { ForgettingShown } from "@tributary/schema/api/forgettings.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State, type Tone } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { ForgetDialog } from "./forget-dialog.tsx";
import { ForgettingPanel } from "./forgetting-panel.tsx";
import type { ForgettingsSearch } from "./forgettings-search.ts";
import { forgettingPagesQuery } from "./queries.ts";

const t = texts.forgettings;
const route = getRouteApi("/shell/forgettings");
const tones = { under_way: "waiting", by_hand: "attention", done: "good" } as const satisfies Readonly<Record<string, Tone>>;

function leftOf({ destinations, models }: ForgettingShown): string {
  const waiting = destinations.filter(({ status }) => status === "waiting").length;
  const byHand = destinations.filter(({ status }) => status === "refused" || status === "expired" || status === "by_hand").length + models.filter(({ status }) => status === "by_hand").length;
  return t.left(waiting, byHand);
}

const columns: readonly Column<ForgettingShown>[] = [
  { key: "state", header: t.columns.state, width: "120px", cell: ({ status }) => <State tone={tones[status]}>{t.states[status]}</State>, csv: ({ status }) => status },
  { key: "asked", header: t.columns.asked, width: "104px", cell: ({ asked_at: at }) => <When at={at} />, csv: ({ asked_at: at }) => new Date(at) },
  { key: "person", header: t.columns.person, width: "minmax(120px, 2fr)", cell: ({ profile_id: id }) => <span className="mono cut">{id}</span>, csv: ({ profile_id: id }) => id },
  { key: "by", header: t.columns.by, width: "minmax(88px, 1fr)", cell: (one) => <Value value={one.asked_by_name ?? one.asked_by} />, csv: (one) => one.asked_by_name ?? one.asked_by },
  { key: "left", header: t.columns.left, width: "minmax(120px, 2fr)", cell: (one) => <span className="cut">{leftOf(one)}</span>, csv: leftOf },
];
const inNarrow: ReadonlySet<string> = new Set(["state", "asked", "left"]);
const narrowColumns = columns.filter(({ key }) => inNarrow.has(key));

export function ForgettingsPage(): ReactNode {
  const { open, forget } = route.useSearch();
  const navigate = useNavigate();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const go = (next: ForgettingsSearch): void => void navigate({ to: "/forgettings", search: next, replace: true });
  const pages = useInfiniteQuery(forgettingPagesQuery);
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.data), [pages.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const mayAsk = may(session, "write") && may(session, "personal_data");
  const ask = mayAsk ? <Button leftSection={<IconUserOff size={15} />} onClick={() => go({ forget: "" })}>{t.ask}</Button> : null;
  return (
    <Page fills title={t.title} sentence={t.sentence} back={{ to: "/audit", text: t.back }} actions={<><ExportCsv title={t.title} columns={columns} rows={rows} />{ask}</>}>
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      <div className="split">
        <div className="main">
          {pages.error && rows === undefined ? null : (
            <DataTable
              fills label={t.title} columns={isNarrow || open !== undefined ? narrowColumns : columns} rows={rows} rowKey={({ id }) => id} selected={open} onOpen={({ id }) => go({ open: id })}
              onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} isLoadingMore={isFetchingNextPage}
              empty={<Empty icon={<IconUserOff size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={ask ?? undefined} />}
            />
          )}
        </div>
        {open === undefined ? null : <ForgettingPanel key={open} id={open} mayAct={mayAsk} onClose={() => go({})} />}
      </div>
      {forget === undefined || !mayAsk ? null : <ForgetDialog person={forget} onClose={() => go(open === undefined ? {} : { open })} onAsked={(id) => go(id === undefined ? {} : { open: id })} />}
    </Page>
  );
}
