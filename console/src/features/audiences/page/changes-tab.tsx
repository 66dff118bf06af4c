// The log of who came in and went out, and why; and who was in it at an instant.
import { Button, TextInput } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { AudienceChanges, AudienceDetail } from "@tributary/schema/api/audiences.ts";
import { texts } from "../../../texts/texts.ts";
import { DataTable, type Column } from "../../../ui/data-table.tsx";
import { When } from "../../../ui/figure.tsx";
import { absoluteTime } from "../../../ui/format.ts";
import { Bar, Empty, ProblemNotice } from "../../../ui/notice.tsx";
import { Card } from "../../../ui/page.tsx";
import { MaskedMark } from "../../masking/masked.tsx";
import { PersonCell, PersonLink } from "../parts.tsx";
import { asOfQuery, changesQuery } from "../queries.ts";
import { reasonText, Turn } from "./change-line.tsx";

const t = texts.audiences.page;
const route = getRouteApi("/shell/audiences/$slug/");
type Change = AudienceChanges["data"][number];

export function ChangesTab({ audience: { slug } }: { readonly audience: AudienceDetail }): ReactNode {
  const pages = useInfiniteQuery(changesQuery(slug));
  const navigate = useNavigate();
  const rows = pages.data?.pages.flatMap(({ data }) => data);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const columns: readonly Column<Change>[] = [
    { key: "at", header: t.when, width: "104px", cell: ({ at }) => <When at={at} />, csv: ({ at }) => at },
    { key: "turn", header: t.turn, width: "112px", cell: ({ entered }) => <Turn isIn={entered} />, csv: ({ entered }) => (entered ? t.entered : t.left) },
    { key: "person", header: t.person, width: "minmax(120px, 2fr)", cell: (row) => <PersonCell member={row} />, csv: ({ profile_id: id }) => id },
    { key: "reason", header: t.reason, width: "minmax(140px, 2fr)", cell: ({ reason }) => reasonText(reason), csv: ({ reason }) => reason },
    { key: "version", header: t.version, width: "72px", isEnd: true, cell: ({ version }) => <span className="figure">{version}</span>, csv: ({ version }) => version },
    { key: "why", header: "", width: "72px", isEnd: true, cell: ({ profile_id: person }) => <Link to="/audiences/$slug" params={{ slug }} search={{ tab: "why", person }} onClick={(event) => event.stopPropagation()}>{t.why}</Link> },
  ];
  return (
    <div className="stack-wide">
      <AsOf slug={slug} />
      <MaskedMark text={texts.masking.searchText} />
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {pages.error && rows === undefined ? null : (
        <div className="audience-table">
          <DataTable
            fills label={t.tabs.changes} columns={columns} rows={rows} rowKey={({ profile_id: id, at, entered }) => `${id} ${at} ${String(entered)}`} onOpen={({ profile_id: ref }) => void navigate({ to: "/profiles/$ref", params: { ref } })}
            onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} isLoadingMore={isFetchingNextPage}
            empty={<Empty icon={<IconHistory size={28} stroke={1.4} />} title={t.noChanges} text={t.noChangesText} />}
          />
        </div>
      )}
    </div>
  );
}

function AsOf({ slug }: { readonly slug: string }): ReactNode {
  const { at } = route.useSearch();
  const navigate = useNavigate();
  const [text, setText] = useState(at?.slice(0, 16) ?? "");
  const answer = useQuery({ ...asOfQuery(slug, at ?? ""), enabled: at !== undefined });
  const go = (): void => {
    const ms = Date.parse(text);
    if (!Number.isNaN(ms)) void navigate({ to: "/audiences/$slug", params: { slug }, search: { tab: "changes", at: new Date(ms).toISOString() }, replace: true });
  };
  return (
    <Card title={t.asOf}>
      <div className="stack">
        <form className="row wrap" onSubmit={(event) => { event.preventDefault(); go(); }}>
          <TextInput type="datetime-local" aria-label={t.asOfLabel} value={text} onChange={(event) => setText(event.currentTarget.value)} />
          <Button type="submit" variant="default" disabled={text === ""}>{t.look}</Button>
        </form>
        {answer.error ? <ProblemNotice problem={answer.error} /> : at === undefined ? <p className="dim">{t.asOfText}</p> : answer.data === undefined ? <Bar width={50} /> : (
          <>
            <p>{t.asOfAnswer(absoluteTime(Date.parse(at)), answer.data.log, answer.data.recomputed)}</p>
            <div className="row wrap">{answer.data.sample.slice(0, 8).map((member) => <PersonLink key={member.profile_id} member={member} />)}</div>
          </>
        )}
      </div>
    </Card>
  );
}
