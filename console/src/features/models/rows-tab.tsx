// What of a model's rows changed, by run; and one row with all that became of it: its changes, and each at every destination.
import { Button, NativeSelect } from "@mantine/core";
import { IconTable, IconX } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { ModelChanges, ModelShown } from "@tributary/schema/api/models.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { When } from "../../ui/figure.tsx";
import { Json } from "../../ui/json.tsx";
import { JsonDiff } from "../../ui/json-diff-view.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { codeText, DeliveryOutcome } from "../destinations/delivery-panel.tsx";
import type { ModelSearch } from "./models-search.ts";
import { changePagesQuery, rowHistoryQuery } from "./queries.ts";

const t = texts.models;
type Change = ModelChanges["data"][number];
const tones = { added: "good", changed: "waiting", removed: "attention" } as const;

const columns: readonly Column<Change>[] = [
  { key: "change", header: t.columns.change, width: "128px", cell: ({ change, in_force: inForce }) => <State tone={tones[change]}>{inForce ? t.changes[change] : t.would[change]}</State> },
  { key: "key", header: t.columns.key, width: "minmax(96px, 1fr)", cell: ({ key }) => <Value value={key.join(" · ")} /> },
  { key: "what", header: t.columns.what, width: "minmax(160px, 3fr)", cell: (one) => <span className="dim cut"><bdi>{whatOf(one)}</bdi></span> },
  { key: "at", header: t.columns.last, width: "112px", cell: ({ at }) => <When at={at} /> },
];
const beside: ReadonlySet<string> = new Set(["change", "key", "at"]);
const columnsBeside = columns.filter(({ key }) => beside.has(key));

/** Of a changed row the columns that differ, else the first ones. */
function whatOf({ row, before, is_suppressed: isSuppressed }: Change): string {
  if (isSuppressed || row === null) return t.suppressed;
  const names = Object.keys(row);
  const shown = before === null ? names : [...new Set([...names, ...Object.keys(before)])].filter((name) => JSON.stringify(row[name]) !== JSON.stringify(before[name]));
  return shown.slice(0, 6).map((name) => `${name}: ${before === null ? "" : `${textOf(before[name])} → `}${textOf(row[name])}`).join(", ");
}

function textOf(value: unknown): string {
  return value === null || value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);
}

interface RowsTabProps {
  readonly model: ModelShown;
  readonly search: ModelSearch;
  readonly onSearch: (search: ModelSearch) => void;
}

export function RowsTab({ model, search, onSearch }: RowsTabProps): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const pages = useInfiniteQuery(changePagesQuery(model.slug, search));
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.data), [pages.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const { run, change, key } = search;
  const set = (next: { readonly [Name in keyof ModelSearch]?: ModelSearch[Name] | undefined }): void =>
    onSearch(Object.fromEntries(Object.entries({ ...search, key: undefined, tab: "rows", ...next }).filter(([, value]) => value !== undefined)));
  return (
    <div className="destination-deliveries">
      <div className="row wrap catalog-tools">
        <NativeSelect
          aria-label={t.columns.change} value={change ?? ""} data={[{ value: "", label: t.anyChange }, ...(["added", "changed", "removed"] as const).map((value) => ({ value, label: t.changes[value] }))]}
          onChange={(event) => set({ change: (["added", "changed", "removed"] as const).find((one) => one === event.currentTarget.value) })}
        />
        {run === undefined ? null : <Button variant="default" rightSection={<IconX size={14} aria-hidden />} onClick={() => set({ run: undefined })}>{t.ofRun(run)}</Button>}
      </div>
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      <div className="split">
        <div className="main">
          {pages.error && rows === undefined ? null : (
            <DataTable
              fills label={t.tabs.rows} columns={key === undefined ? columns : columnsBeside} rows={rows} rowKey={({ seq }) => seq} {...(may(session, "personal_data") ? { onOpen: (one: Change) => set({ key: JSON.stringify(one.key) }) } : {})}
              onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} isLoadingMore={isFetchingNextPage}
              empty={<Empty icon={<IconTable size={28} stroke={1.4} />} title={t.noChanges} text={run === undefined && change === undefined ? t.noChangesText : t.noChangesShown} />}
            />
          )}
        </div>
        {key === undefined ? null : <RowPanel key={key} model={model} rowKey={key} onClose={() => set({})} />}
      </div>
    </div>
  );
}

function RowPanel({ model, rowKey, onClose }: { readonly model: ModelShown; readonly rowKey: string; readonly onClose: () => void }): ReactNode {
  const history = useQuery(rowHistoryQuery(model.slug, rowKey));
  return (
    <Panel title={t.row} onClose={onClose}>
      {history.error ? <ProblemNotice problem={history.error} onRetry={() => void history.refetch()} /> : null}
      {history.isPending ? <div className="stack" aria-busy><Bar width={70} /><Bar width={40} /></div> : null}
      <div className="stack-wide">{history.data?.data.map((one) => <HistoryEntry key={one.seq} one={one} />)}</div>
    </Panel>
  );
}

function HistoryEntry({ one }: { readonly one: Change & { readonly deliveries: readonly { readonly destination: string; readonly subscription: number; readonly outcome: string; readonly code: string; readonly detail: string; readonly finished_at: string }[] } }): ReactNode {
  return (
    <section className="stack" aria-label={`${t.changes[one.change]} ${one.at}`}>
      <div className="row wrap"><State tone={tones[one.change]}>{t.changes[one.change]}</State><When at={one.at} /><span className="dim">{t.ofRun(one.run)}</span></div>
      {one.row === null ? <p className="dim">{t.suppressed}</p> : one.before === null ? <Json text={JSON.stringify(one.row, null, 2)} label={t.row} />
        : <JsonDiff before={one.before} after={one.row} label={t.row} skipped={t.skipped} tooLong={<Json text={JSON.stringify(one.row, null, 2)} label={t.row} />} />}
      {one.deliveries.length === 0 ? <p className="dim">{t.notSent}</p> : (
        <ul className="stack plain-list">
          {one.deliveries.map((sent) => (
            <li key={`${sent.destination} ${sent.subscription} ${sent.finished_at}`} className="row wrap">
              <DeliveryOutcome outcome={sent.outcome} /><Link to="/destinations/$slug" params={{ slug: sent.destination }} search={{ tab: "deliveries" }}>{sent.destination}</Link><When at={sent.finished_at} />
              {sent.code === "" ? null : <span className="dim">{codeText(sent.code)}</span>}{sent.detail === "" ? null : <span className="dim cut"><bdi>{sent.detail}</bdi></span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
