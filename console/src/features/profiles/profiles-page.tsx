// Everybody: the search, and the people changed last while nothing is searched.
import { TextInput } from "@mantine/core";
import { IconSearch, IconUserOff, IconUsers } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import type { ProfileSummary } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Face, Value } from "../../ui/value.tsx";
import { MaskedMark, useIsMasked } from "../masking/masked.tsx";
import { identifiersByWeight, nameOf } from "./person-words.ts";
import { profilePagesQuery } from "./queries.ts";
import "./profiles.css";

const t = texts.profiles;
const route = getRouteApi("/shell/profiles");
const TYPING_MS = 200;

const columns: readonly Column<ProfileSummary>[] = [
  { key: "person", header: t.columns.person, width: "minmax(160px, 2fr)", cell: (row) => <span className="row"><Face name={nameOf(row)} isAnonymous={row.is_anonymous} /><Value value={nameOf(row)} /></span> },
  { key: "known", header: t.columns.known, width: "minmax(140px, 2fr)", cell: (row) => <KnownAs row={row} /> },
  { key: "events", header: t.columns.events, width: "72px", isEnd: true, cell: (row) => <Figure value={row.event_count} /> },
  { key: "first", header: t.columns.first, width: "104px", cell: (row) => (row.first_seen_at ? <span className="dim"><When at={row.first_seen_at} /></span> : null) },
  { key: "last", header: t.columns.last, width: "104px", cell: (row) => (row.last_seen_at ? <When at={row.last_seen_at} /> : null) },
];

function KnownAs({ row }: { readonly row: ProfileSummary }): ReactNode {
  const identifiers = identifiersByWeight(row.identifiers);
  const name = nameOf(row);
  const shown = identifiers.find((one) => one.value !== name) ?? identifiers[0];
  if (shown === undefined) return null;
  const others = identifiers.length - 1;
  return <span className="row"><Value value={shown.value} note={shown.namespace} />{others > 0 ? <span className="dim nowrap">+{others}</span> : null}</span>;
}

export function ProfilesPage(): ReactNode {
  const { search = "" } = route.useSearch();
  const navigate = useNavigate();
  const router = useRouter();
  const pages = useInfiniteQuery({ ...profilePagesQuery(search), placeholderData: keepPreviousData });
  const rows = useMemo(() => {
    const seen = new Map(pages.data?.pages.flatMap((page) => page.data).map((row) => [row.id, row]));
    return pages.data && [...seen.values()];
  }, [pages.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const sentence = rows === undefined || rows.length === 0 ? <>&nbsp;</> : search === "" ? t.latest : t.found(rows.length, hasNextPage);
  return (
    <Page fills title={t.title} sentence={sentence} actions={<MaskedMark text={texts.masking.searchText} />}>
      <SearchField value={search} onChange={(text) => void navigate({ to: "/profiles", search: text === "" ? {} : { search: text }, replace: true })} />
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {pages.error && rows === undefined ? null : (
        <DataTable
          fills label={t.title} columns={columns} rows={rows} rowKey={(row) => row.id}
          onOpen={(row) => void navigate({ to: "/profiles/$ref", params: { ref: row.id } })}
          onHover={(row) => void router.preloadRoute({ to: "/profiles/$ref", params: { ref: row.id } }).catch(() => undefined)}
          onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} isLoadingMore={isFetchingNextPage}
          empty={search === ""
            ? <Empty icon={<IconUsers size={28} stroke={1.4} />} title={t.none} text={t.noneText} />
            : <Empty icon={<IconUserOff size={28} stroke={1.4} />} title={t.noneFound} text={t.noneFoundText} />}
        />
      )}
    </Page>
  );
}

function SearchField({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }): ReactNode {
  // Each search of a whole identifier counts, so it begins with Enter and not while somebody types.
  const isMasked = useIsMasked();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (isMasked || text.trim() === value) return;
    const timer = setTimeout(() => onChange(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <TextInput
      className="profiles-search" data-search autoFocus leftSection={<IconSearch size={16} />} placeholder={isMasked ? texts.masking.search : t.search} aria-label={isMasked ? texts.masking.search : t.search} maxLength={500}
      value={text} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => { if (isMasked && event.key === "Enter") onChange(text.trim()); }}
    />
  );
}
