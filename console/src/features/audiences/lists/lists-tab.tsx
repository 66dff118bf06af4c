// Lists: people that no condition tells. Uploaded, chosen by hand, or an audience as it stood at a moment.
import { Button, TextInput } from "@mantine/core";
import { IconListDetails, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { AudienceLists } from "@tributary/schema/api/audiences.ts";
import { change } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { DataTable, type Column } from "../../../ui/data-table.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Figure, When } from "../../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../../ui/notice.tsx";
import { toast } from "../../../ui/toast.tsx";
import { Value } from "../../../ui/value.tsx";
import { may, sessionQuery } from "../../accounts/session.ts";
import { listsQuery } from "../queries.ts";
import { ListPanel } from "./list-panel.tsx";

const t = texts.audiences.lists;
const route = getRouteApi("/shell/audiences/");
type AudienceList = AudienceLists["data"][number];

export function ListsTab(): ReactNode {
  const { data, error, refetch } = useQuery(listsQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { list: opened } = route.useSearch();
  const navigate = useNavigate();
  const open = (slug: string | undefined): void => void navigate({ to: "/audiences", search: { show: "lists", ...(slug === undefined ? {} : { list: slug }) }, replace: slug === undefined });
  const shown = data?.data.find(({ slug }) => slug === opened);
  const [isNew, setIsNew] = useState(false);
  const mayWrite = may(session, "write");
  const columns: readonly Column<AudienceList>[] = [
    { key: "name", header: t.name, width: "minmax(140px, 2fr)", cell: ({ name }) => <strong><Value value={name} /></strong> },
    { key: "kind", header: t.kind, width: "minmax(96px, 1fr)", cell: ({ kind, frozen_of: of }) => <span className="row">{t.kinds[kind]}{of === null ? null : <span className="dim cut">{t.frozenOf(of)}</span>}</span> },
    { key: "size", header: t.people, width: "76px", isEnd: true, cell: ({ size }) => <Figure value={size} /> },
    { key: "made", header: t.made, width: "96px", cell: ({ created_at }) => <span className="dim"><When at={created_at} /></span> },
  ];
  if (error) return <ProblemNotice problem={error} onRetry={() => void refetch()} />;
  const create = mayWrite ? <Button variant="default" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setIsNew(true)}>{t.create}</Button> : undefined;
  return (
    <div className="audiences">
      {data?.data.length === 0 ? null : <div className="list-tools">{create}</div>}
      <div className="split">
        <DataTable
          fills label={t.title} columns={columns} rows={data?.data} rowKey={({ slug }) => slug} onOpen={({ slug }) => open(slug)}
          empty={<Empty icon={<IconListDetails size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={create} />}
        />
        {shown ? <ListPanel key={shown.slug} list={shown} mayWrite={mayWrite} onClose={() => open(undefined)} /> : null}
      </div>
      {isNew ? <NewList onMade={open} onClose={() => setIsNew(false)} /> : null}
    </div>
  );
}

function NewList({ onMade, onClose }: { readonly onMade: (slug: string) => void; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const make = useMutation({
    mutationFn: () => change<AudienceList>("POST", "/audience-lists", { name: name.trim() }),
    onSuccess: async ({ slug }) => {
      toast({ text: t.madeIt(name.trim()) });
      await client.invalidateQueries({ queryKey: ["audiences", "lists"] });
      onClose();
      onMade(slug);
    },
  });
  return (
    <Dialog onClose={onClose} title={t.create}>
      <form className="stack-wide" onSubmit={(event) => { event.preventDefault(); make.mutate(); }}>
        <TextInput label={t.name} value={name} maxLength={200} data-autofocus onChange={(event) => setName(event.currentTarget.value)} />
        {make.error ? <ProblemNotice problem={make.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}><Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button><Button type="submit" disabled={name.trim() === ""} loading={make.isPending}>{t.create}</Button></div>
      </form>
    </Dialog>
  );
}
