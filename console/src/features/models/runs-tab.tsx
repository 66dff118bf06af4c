// Every run: why it was made, how long it took, and what it found.
import { useMediaQuery } from "@mantine/hooks";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import type { ModelRunShown, ModelShown } from "@tributary/schema/api/models.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { runPagesQuery } from "./queries.ts";
import { Found, RunState } from "./run-state.tsx";

const t = texts.models;

const columns: readonly Column<ModelRunShown>[] = [
  { key: "state", header: t.columns.result, width: "minmax(136px, 1fr)", cell: (run) => <RunState run={run} /> },
  { key: "at", header: t.columns.at, width: "112px", cell: (run) => <When at={run.created_at} /> },
  { key: "cause", header: t.columns.cause, width: "minmax(88px, 1fr)", cell: ({ cause }) => <span className="dim cut">{t.causes[cause]}</span> },
  { key: "rows", header: t.columns.rows, width: "88px", isEnd: true, cell: ({ rows }) => <Figure value={rows} /> },
  { key: "found", header: t.columns.found, width: "128px", isEnd: true, cell: (run) => <Found run={run} /> },
  { key: "took", header: t.columns.took, width: "80px", isEnd: true, cell: (run) => <span className="dim">{tookOf(run)}</span> },
  { key: "why", header: t.columns.why, width: "minmax(120px, 2fr)", cell: (run) => <span className="dim cut" title={saidOf(run)}>{saidOf(run)}</span> },
];

/** What it asks is of no use once it was answered. */
function saidOf({ status, problem, asks }: ModelRunShown): string | undefined {
  return (problem ?? (status === "asking" ? asks : null))?.message.replaceAll("`", "");
}

const inNarrow: ReadonlySet<string> = new Set(["state", "at", "rows", "found", "why"]);
const narrowColumns = columns.filter(({ key }) => inNarrow.has(key));

function tookOf({ started_at: from, finished_at: to }: ModelRunShown): string {
  return from === null || to === null ? "" : t.seconds((Date.parse(to) - Date.parse(from)) / 1_000);
}

export function RunsTab({ model, onShow }: { readonly model: ModelShown; readonly onShow: (run: number) => void }): ReactNode {
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const pages = useInfiniteQuery(runPagesQuery(model.slug));
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.data), [pages.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  if (pages.error && rows === undefined) return <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} />;
  return (
    <DataTable
      label={t.tabs.runs} columns={isNarrow ? narrowColumns : columns} rows={rows} rowKey={({ id }) => id} onOpen={({ id }) => onShow(id)} onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined}
      isLoadingMore={isFetchingNextPage} empty={<Empty icon={<IconPlayerPlay size={28} stroke={1.4} />} title={t.noRuns} text={t.noRunsText} />}
    />
  );
}
