// Everybody: the search, and the people changed last while nothing is searched.
import { Button, Checkbox, NativeSelect, Popover, TextInput } from "@mantine/core";
import { IconColumns, IconInfoCircle, IconSearch, IconUserOff, IconUsers } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import type { ProfileSort, ProfileSummary } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { valueText } from "../../ui/format.ts";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Face, Value } from "../../ui/value.tsx";
import { useIsLeaving } from "../../ui/leaving.ts";
import { may, sessionQuery } from "../accounts/session.ts";
import { MaskedMark, useIsMasked } from "../masking/masked.tsx";
import { ExportPeople } from "./export-people.tsx";
import { identifiersByWeight, nameOf } from "./person-words.ts";
import { profilePagesQuery, traitNamesQuery } from "./queries.ts";
import type { ProfilesSearch } from "./search.ts";
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

function traitColumn(name: string): Column<ProfileSummary> {
  const value = (row: ProfileSummary): unknown => (Object.hasOwn(row.traits, name) ? row.traits[name] : undefined);
  return { key: `trait ${name}`, header: name.slice(0, 60), width: "minmax(96px, 1fr)", cell: (row) => (value(row) === undefined ? null : <Value value={value(row)} note={valueText(value(row), 300)} />) };
}

const COLUMNS_KEY = "tributary.people.columns";

/** What this browser last chose, where the address says nothing. */
function storedColumns(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(COLUMNS_KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((name) => typeof name === "string").slice(0, 12) : [];
  } catch {
    return []; // Whatever stood there is no choice of ours.
  }
}

function KnownAs({ row }: { readonly row: ProfileSummary }): ReactNode {
  const identifiers = identifiersByWeight(row.identifiers);
  const name = nameOf(row);
  const shown = identifiers.find((one) => one.value !== name) ?? identifiers[0];
  if (shown === undefined) return null;
  const others = identifiers.length - 1;
  return <span className="row"><Value value={shown.value} note={shown.namespace} />{others > 0 ? <span className="dim nowrap">+{others}</span> : null}</span>;
}

export function ProfilesPage(): ReactNode {
  const { search = "", sort = "changed", cols } = route.useSearch();
  const navigate = useNavigate();
  const router = useRouter();
  const chosen = useMemo(() => cols ?? storedColumns(), [cols]);
  const shownColumns = useMemo(() => [...columns.slice(0, 2), ...chosen.map(traitColumn), ...columns.slice(2)], [chosen]);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const pages = useInfiniteQuery({ ...profilePagesQuery(search, sort), placeholderData: keepPreviousData });
  const go = (next: { readonly search?: string; readonly sort?: ProfileSort; readonly cols?: readonly string[] }): void => {
    const wish = { search, sort, cols, ...next };
    const wished: ProfilesSearch = {
      ...(wish.search === "" ? {} : { search: wish.search }), ...(wish.sort === "newest" || wish.sort === "oldest" ? { sort: wish.sort } : {}), ...(wish.cols === undefined ? {} : { cols: wish.cols }),
    };
    void navigate({ to: "/profiles", search: wished, replace: true });
  };
  const choose = (names: readonly string[]): void => {
    localStorage.setItem(COLUMNS_KEY, JSON.stringify(names));
    go({ cols: names });
  };
  const note = pages.data?.pages.findLast((page) => page.note)?.note;
  const rows = useMemo(() => {
    const seen = new Map(pages.data?.pages.flatMap((page) => page.data).map((row) => [row.id, row]));
    return pages.data && [...seen.values()];
  }, [pages.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const sentence = rows === undefined || rows.length === 0 ? <>&nbsp;</> : search === "" ? t.latest : t.found(rows.length, hasNextPage);
  return (
    <Page fills title={t.title} sentence={sentence} actions={<MaskedMark text={texts.masking.searchText} />}>
      <div className="list-tools">
        <SearchField value={search} onChange={(text) => go({ search: text })} />
        <NativeSelect aria-label={t.sort} value={sort} data={Object.entries(t.sorts).map(([value, label]) => ({ value, label }))} onChange={(event) => go({ sort: event.currentTarget.value as ProfileSort })} />
        {may(session, "personal_data") ? <><ColumnChoice chosen={chosen} onChoose={choose} /><ExportPeople search={search} sort={sort} columns={chosen} /></> : null}
      </div>
      {note ? <div className="notice" role="status" style={{ marginBottom: 12 }}><IconInfoCircle size={18} aria-hidden /><span>{t.notes[note]}</span></div> : null}
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {pages.error && rows === undefined ? null : (
        <DataTable
          fills label={t.title} columns={shownColumns} rows={rows} rowKey={(row) => row.id}
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

function ColumnChoice({ chosen, onChoose }: { readonly chosen: readonly string[]; readonly onChoose: (names: readonly string[]) => void }): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const names = useQuery({ ...traitNamesQuery, enabled: isOpen });
  const all = [...new Set([...chosen, ...(names.data?.data.map(({ name }) => name) ?? [])])];
  return (
    <Popover opened={isOpen} onChange={setIsOpen} position="bottom-end" trapFocus returnFocus>
      <Popover.Target><Button variant="default" leftSection={<IconColumns size={15} aria-hidden />} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>{t.chooseColumns}</Button></Popover.Target>
      <Popover.Dropdown aria-label={t.chooseColumnsText}>
        {names.error ? <p role="alert">{names.error.message}</p> : null}
        {names.data && all.length === 0 ? <p className="dim">{t.noTraitNames}</p> : null}
        <div className="stack choose-columns">
          {all.map((name) => (
            <Checkbox key={name} label={<bdi className="cut">{valueText(name, 60)}</bdi>} checked={chosen.includes(name)} onChange={() => onChoose(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name].slice(-12))} />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function SearchField({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }): ReactNode {
  // Each search of a whole identifier counts, so it begins with Enter and not while somebody types.
  const isMasked = useIsMasked();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const isLeaving = useIsLeaving();
  useEffect(() => {
    if (isMasked || text.trim() === value) return;
    const timer = setTimeout(() => isLeaving() || onChange(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <TextInput
      className="profiles-search" data-search autoFocus leftSection={<IconSearch size={16} />} placeholder={isMasked ? texts.masking.search : t.search} aria-label={isMasked ? texts.masking.search : t.search} maxLength={500}
      value={text} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => { if (isMasked && event.key === "Enter") onChange(text.trim()); }}
    />
  );
}
