// Who is in it, masked as people are elsewhere; the whole of it as a file.
import { Button, Menu } from "@mantine/core";
import { IconDownload, IconLink, IconUsersGroup } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { AudienceDetail } from "@tributary/schema/api/audiences.ts";
import { download } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { DataTable, type Column } from "../../../ui/data-table.tsx";
import { When } from "../../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../../ui/notice.tsx";
import { toast } from "../../../ui/toast.tsx";
import { Value } from "../../../ui/value.tsx";
import { may, sessionQuery } from "../../accounts/session.ts";
import { MaskedMark } from "../../masking/masked.tsx";
import { memberKnownBy, PersonCell } from "../parts.tsx";
import { audiencePath, membersQuery, type Member } from "../queries.ts";

const t = texts.audiences.page;

export function PeopleTab({ audience }: { readonly audience: AudienceDetail }): ReactNode {
  const { slug } = audience;
  const navigate = useNavigate();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const pages = useInfiniteQuery(membersQuery(slug));
  const rows = pages.data?.pages.flatMap(({ data }) => data);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const columns: readonly Column<Member>[] = [
    { key: "person", header: t.person, width: "minmax(160px, 2fr)", cell: (row) => <PersonCell member={row} /> },
    { key: "known", header: t.knownBy, width: "minmax(140px, 2fr)", cell: (row) => <KnownBy row={row} /> },
    { key: "since", header: t.since, width: "112px", cell: ({ since }) => (since === null ? null : <When at={since} />) },
    { key: "why", header: "", width: "72px", isEnd: true, cell: (row) => <Link to="/audiences/$slug" params={{ slug }} search={{ tab: "why", person: row.profile_id }} onClick={(event) => event.stopPropagation()}>{t.why}</Link> },
  ];
  return (
    <div className="stack">
      <div className="row wrap"><span className="grow dim">{t.peopleText}</span><MaskedMark text={texts.masking.searchText} />{may(session, "personal_data") ? <Export slug={slug} mayShare={may(session, "write")} /> : null}</div>
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {pages.error && rows === undefined ? null : (
        <div className="audience-table">
          <DataTable
            fills label={t.tabs.people} columns={columns} rows={rows} rowKey={(row) => row.profile_id} onOpen={(row) => void navigate({ to: "/profiles/$ref", params: { ref: row.profile_id } })}
            onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} isLoadingMore={isFetchingNextPage}
            empty={<Empty icon={<IconUsersGroup size={28} stroke={1.4} />} title={t.nobody} text={t.nobodyText} />}
          />
        </div>
      )}
    </div>
  );
}

function KnownBy({ row }: { readonly row: Member }): ReactNode {
  const shown = memberKnownBy(row);
  return shown === undefined ? null : <Value value={shown.value} note={shown.namespace} />;
}

function Export({ slug, mayShare }: { readonly slug: string; readonly mayShare: boolean }): ReactNode {
  const file = useMutation({ mutationFn: (format: string) => download(`${audiencePath(slug)}/members/export`, { format }, `${slug}.${format}`), onError: (error) => toast({ tone: "bad", text: error.message }) });
  return (
    <>
      {mayShare ? <Button component={Link} to={`/exports?new=share&audience=${slug}`} variant="default" leftSection={<IconLink size={15} aria-hidden />}>{t.shareLink}</Button> : null}
      <Menu position="bottom-end" width={200}>
        <Menu.Target><Button variant="default" loading={file.isPending} leftSection={<IconDownload size={15} aria-hidden />}>{t.export}</Button></Menu.Target>
        <Menu.Dropdown>
          {(["csv", "ndjson", "parquet"] as const).map((format) => <Menu.Item key={format} onClick={() => file.mutate(format)}>{t.formats[format]}</Menu.Item>)}
          <Menu.Divider />
          <Menu.Item component={Link} to={`/exports?new=file&audience=${slug}`}>{t.exportChosen}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
