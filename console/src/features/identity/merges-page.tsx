// Merges of the whole workspace: who became one, what was refused and why, what is shared. For whoever keeps people in order.
import { Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { IconAdjustments, IconGitMerge, IconUsersGroup } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ExplainedMerge, PeopleNow, SharedRow } from "@tributary/schema/api/identity.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Value } from "../../ui/value.tsx";
import { nameOf } from "../profiles/person-words.ts";
import { settingsQuery } from "../settings/queries.ts";
import { useSourceName } from "../sources/queries.ts";
import { Listed } from "../../ui/filled.tsx";
import { mergeIcons, PersonLink } from "./history.tsx";
import { Ident } from "./ident.tsx";
import { eventName, kindWord } from "./identity-words.ts";
import { shows, type MergesSearch } from "./merges-search.ts";
import { WaitingProposals } from "./proposals.tsx";
import { mergeFeedQuery, sharedQuery } from "./queries.ts";
import { EventLink } from "./story.tsx";
import "./identity.css";

const t = texts.identity;
const route = getRouteApi("/shell/identity");

export function MergesPage(): ReactNode {
  const search = route.useSearch();
  const navigate = useNavigate();
  const go = (next: MergesSearch): void => void navigate({ to: "/identity", search: next, replace: true });
  const { data: settings } = useQuery(settingsQuery);
  const kinds = settings?.settings.identity.namespaces.map(({ name }) => name) ?? [];
  const choose = (value: string): void => {
    const show = shows.find((one) => one === value);
    const { show: _, ...rest } = search;
    go({ ...rest, ...(show === undefined || show === "all" ? {} : { show }) });
  };
  const chooseKind = (namespace: string): void => {
    const { namespace: _, ...rest } = search;
    go({ ...rest, ...(namespace === "" ? {} : { namespace }) });
  };
  return (
    <Page fills title={t.page.title} sentence={t.page.sentence} actions={<Button component={Link} to="/settings/identity" variant="default" leftSection={<IconAdjustments size={15} aria-hidden />}>{t.page.rules}</Button>}>
      <div className="row wrap merges-filters">
        <SegmentedControl size="xs" aria-label={t.page.show} value={search.show ?? "all"} data={shows.map((value) => ({ value, label: t.page.shows[value] }))} onChange={choose} />
        <NativeSelect
          aria-label={t.page.kind} value={search.namespace ?? ""} onChange={(event) => chooseKind(event.currentTarget.value)}
          data={[{ value: "", label: t.page.everyKind }, ...[...new Set([...kinds, ...(search.namespace ? [search.namespace] : [])])].map((value) => ({ value, label: kindWord(value) }))]}
        />
      </div>
      <WaitingProposals />
      {search.show === "shared" ? <SharedTable namespace={search.namespace} /> : <FeedTable kind={search.show} namespace={search.namespace} />}
    </Page>
  );
}

interface FeedRow {
  readonly entry: ExplainedMerge;
  readonly people: PeopleNow;
}

function FeedTable({ kind, namespace }: { readonly kind: string | undefined; readonly namespace: string | undefined }): ReactNode {
  const pages = useInfiniteQuery({ ...mergeFeedQuery(kind, namespace), placeholderData: keepPreviousData });
  const rows = pages.data?.pages.flatMap(({ data, people }) => data.map((entry): FeedRow => ({ entry, people })));
  const navigate = useNavigate();
  const open = ({ entry, people }: FeedRow): void => {
    const person = people[entry.survivor] ?? people[entry.other ?? ""];
    if (person) void navigate({ to: "/profiles/$ref", params: { ref: person.id }, search: { tab: "identity" } });
  };
  const { columns } = t.page;
  const shown: readonly Column<FeedRow>[] = [
    { key: "what", header: columns.what, width: "minmax(104px, 160px)", cell: ({ entry }) => <What kind={entry.kind} />, csv: ({ entry }) => t.page.what[entry.kind] ?? entry.kind },
    { key: "people", header: columns.people, width: "minmax(120px, 2fr)", cell: (row) => <People row={row} />, csv: (row) => peopleOf(row).map((person) => (person ? nameOf(person) : t.page.gone)).join(", ") },
    { key: "by", header: columns.by, width: "minmax(110px, 1.4fr)", cell: ({ entry }) => (entry.identifier ? <Ident identifier={entry.identifier} word="" /> : null), csv: ({ entry }) => (entry.identifier ? `${entry.identifier.namespace}:${entry.identifier.value}` : "") },
    { key: "why", header: columns.why, width: "minmax(90px, 2fr)", cell: ({ entry }) => <Value value={t.reasonTexts[entry.reason] ?? entry.reason} note={t.reasonTexts[entry.reason] ?? entry.reason} />, csv: ({ entry }) => entry.reason },
    { key: "event", header: columns.event, width: "minmax(90px, 1.2fr)", cell: ({ entry }) => (entry.cause ? <span className="cut" onClick={(event) => event.stopPropagation()}><EventLink event={entry.cause} /></span> : <span className="dim">{entry.kind === "unmerge" ? t.story.byHand : ""}</span>), csv: ({ entry }) => (entry.cause ? eventName(entry.cause) : "") },
    { key: "when", header: columns.when, width: "84px", cell: ({ entry }) => <span className="dim"><When at={entry.at} /></span>, csv: ({ entry }) => entry.at },
  ];
  if (pages.error && rows === undefined) return <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} />;
  return (
    <>
      <DataTable
        fills label={t.page.title} columns={shown} rows={rows} rowKey={({ entry }) => `${entry.row_id}-${entry.step}`} onOpen={open}
        onEnd={pages.hasNextPage && !pages.isFetchingNextPage ? () => void pages.fetchNextPage() : undefined} isLoadingMore={pages.isFetchingNextPage}
        empty={<Empty icon={<IconGitMerge size={28} stroke={1.4} />} title={t.page.none} text={t.page.noneText} />}
      />
      <div className="merges-foot"><ExportCsv title={t.page.title} columns={shown} rows={rows} /></div>
    </>
  );
}

function What({ kind }: { readonly kind: ExplainedMerge["kind"] }): ReactNode {
  const Icon = mergeIcons[kind];
  return <span className="row"><Icon size={15} stroke={1.6} aria-hidden />{t.page.what[kind] ?? kind}</span>;
}

/** Those it was about, as they are now; after a merge both are one. */
function peopleOf({ entry, people }: FeedRow): readonly PeopleNow[string][] {
  const now = [entry.survivor, ...(entry.other === null ? [] : [entry.other])].flatMap((id) => people[id] ?? []);
  return [...new Map(now.map((person) => [person.id, person])).values()];
}

function People({ row }: { readonly row: FeedRow }): ReactNode {
  const people = peopleOf(row);
  if (people.length === 0) return <span className="dim">{t.page.gone}</span>;
  return <span className="cut" onClick={(event) => event.stopPropagation()}><Listed items={people.map((person) => <PersonLink key={person.id} id={person.id} people={{ [person.id]: person }} />)} and={t.and} /></span>;
}

function SharedTable({ namespace }: { readonly namespace: string | undefined }): ReactNode {
  const sourceName = useSourceName();
  const pages = useInfiniteQuery({ ...sharedQuery(namespace), placeholderData: keepPreviousData });
  const rows = pages.data?.pages.flatMap(({ data }) => data);
  const navigate = useNavigate();
  const open = ({ identifier }: SharedRow): void => void navigate({ to: "/profiles/$ref", params: { ref: `${identifier.namespace}:${identifier.value}` } });
  const { sharedColumns: columns } = t.page;
  const shown: readonly Column<SharedRow>[] = [
    { key: "identifier", header: columns.identifier, width: "minmax(160px, 2fr)", cell: ({ identifier }) => <Ident identifier={identifier} />, csv: ({ identifier }) => `${identifier.namespace}:${identifier.value}` },
    { key: "people", header: columns.people, width: "80px", isEnd: true, cell: (row) => <Figure value={row.people} />, csv: (row) => row.people },
    { key: "some", header: columns.some, width: "minmax(160px, 3fr)", cell: (row) => <span className="cut" onClick={(event) => event.stopPropagation()}><Listed items={row.profiles.map((person) => <PersonLink key={person.id} id={person.id} people={{ [person.id]: person }} />)} and={t.and} /></span>, csv: (row) => row.profiles.map((person) => nameOf(person)).join(", ") },
    { key: "source", header: columns.source, width: "minmax(80px, 140px)", cell: (row) => <span className="dim"><Value value={sourceName(row.source_id)} /></span>, csv: (row) => sourceName(row.source_id) },
    { key: "first", header: columns.first, width: "104px", cell: (row) => <span className="dim"><When at={row.first_seen_at} /></span>, csv: (row) => row.first_seen_at },
  ];
  if (pages.error && rows === undefined) return <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} />;
  return (
    <>
      <DataTable
        fills label={t.page.shows.shared} columns={shown} rows={rows} rowKey={({ key }) => key} onOpen={open}
        onEnd={pages.hasNextPage && !pages.isFetchingNextPage ? () => void pages.fetchNextPage() : undefined} isLoadingMore={pages.isFetchingNextPage}
        empty={<Empty icon={<IconUsersGroup size={28} stroke={1.4} />} title={t.page.noneShared} text={t.page.noneSharedText} />}
      />
      <div className="merges-foot"><ExportCsv title={t.page.shows.shared} columns={shown} rows={rows} /></div>
    </>
  );
}
