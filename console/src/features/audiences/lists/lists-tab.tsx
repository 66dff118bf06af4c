// Lists: people that no condition tells. Uploaded, chosen by hand, or an audience as it stood at a moment.
import { Button, Modal, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { IconListDetails, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { AudienceLists, ListMembersAnswer } from "@tributary/schema/api/audiences.ts";
import { change } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { DataTable, type Column } from "../../../ui/data-table.tsx";
import { Figure, When } from "../../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../../ui/notice.tsx";
import { toast } from "../../../ui/toast.tsx";
import { Value } from "../../../ui/value.tsx";
import { may, sessionQuery } from "../../accounts/session.ts";
import { channelsQuery } from "../../profiles/queries.ts";
import { listsQuery } from "../queries.ts";

const t = texts.audiences.lists;
const LINES_MAX = 10_000;
const UNKNOWN_SHOWN = 20;
type AudienceList = AudienceLists["data"][number];

export function ListsTab(): ReactNode {
  const { data, error, refetch } = useQuery(listsQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const [open, setOpen] = useState<AudienceList>();
  const [isNew, setIsNew] = useState(false);
  const mayWrite = may(session, "write");
  const columns: readonly Column<AudienceList>[] = [
    { key: "name", header: t.name, width: "minmax(140px, 2fr)", cell: ({ name }) => <strong><Value value={name} /></strong> },
    { key: "kind", header: t.kind, width: "minmax(120px, 1fr)", cell: ({ kind, frozen_of: of }) => <span className="row">{t.kinds[kind]}{of === null ? null : <span className="dim cut">{t.frozenOf(of)}</span>}</span> },
    { key: "size", header: t.people, width: "76px", isEnd: true, cell: ({ size }) => <Figure value={size} /> },
    { key: "made", header: t.made, width: "minmax(140px, 1fr)", cell: ({ created_at, created_by }) => <span className="row dim"><When at={created_at} /><Value value={created_by} /></span> },
    { key: "add", header: "", width: "112px", isEnd: true, cell: (row) => (mayWrite && row.kind !== "frozen" ? <Button size="compact-xs" variant="default" onClick={() => setOpen(row)}>{t.add}</Button> : null) },
  ];
  if (error) return <ProblemNotice problem={error} onRetry={() => void refetch()} />;
  const create = mayWrite ? <Button variant="default" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setIsNew(true)}>{t.create}</Button> : undefined;
  return (
    <div className="audiences">
      {data?.data.length === 0 ? null : <div className="list-tools">{create}</div>}
      <DataTable fills label={t.title} columns={columns} rows={data?.data} rowKey={({ slug }) => slug} empty={<Empty icon={<IconListDetails size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={create} />} />
      {isNew ? <NewList onClose={() => setIsNew(false)} /> : null}
      {open ? <Members list={open} onClose={() => setOpen(undefined)} /> : null}
    </div>
  );
}

function NewList({ onClose }: { readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const make = useMutation({
    mutationFn: () => change("POST", "/audience-lists", { name: name.trim() }),
    onSuccess: async () => {
      toast({ text: t.madeIt(name.trim()) });
      await client.invalidateQueries({ queryKey: ["audiences", "lists"] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t.create} closeButtonProps={{ "aria-label": texts.everywhere.close }}>
      <form className="stack-wide" onSubmit={(event) => { event.preventDefault(); make.mutate(); }}>
        <TextInput label={t.name} value={name} maxLength={200} data-autofocus onChange={(event) => setName(event.currentTarget.value)} />
        {make.error ? <ProblemNotice problem={make.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}><Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button><Button type="submit" disabled={name.trim() === ""} loading={make.isPending}>{t.create}</Button></div>
      </form>
    </Modal>
  );
}

function Members({ list, onClose }: { readonly list: AudienceList; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const { data: settings } = useQuery(channelsQuery);
  const [namespace, setNamespace] = useState("email");
  const [text, setText] = useState("");
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const send = useMutation({
    mutationFn: (isAdding: boolean) => change<ListMembersAnswer>("POST", `/audience-lists/${encodeURIComponent(list.slug)}/members`, { [isAdding ? "add" : "remove"]: lines.map((value) => ({ namespace, value })) }),
    onSuccess: async ({ added, removed, unknown }, isAdding) => {
      toast({ text: isAdding ? t.added(added, unknown.length) : t.removed(removed) });
      await client.invalidateQueries({ queryKey: ["audiences", "lists"] });
      if (unknown.length === 0) onClose();
    },
  });
  const unknown = send.data?.unknown ?? [];
  return (
    <Modal opened onClose={onClose} size="lg" title={t.addTo(list.name)} closeButtonProps={{ "aria-label": texts.everywhere.close }}>
      <div className="stack-wide">
        <NativeSelect label={t.namespace} value={namespace} data={settings?.identity.namespaces.map(({ name }) => name) ?? ["email"]} onChange={(event) => setNamespace(event.currentTarget.value)} />
        <Textarea label={t.values} description={t.valuesHint(LINES_MAX)} autosize minRows={6} maxRows={16} spellCheck={false} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        {unknown.length > 0 ? <div className="notice" data-tone="attention"><div><strong>{t.unknown}</strong> {unknown.slice(0, UNKNOWN_SHOWN).map((index) => lines[index]).join(", ")}{unknown.length > UNKNOWN_SHOWN ? " …" : ""}</div></div> : null}
        {send.error ? <ProblemNotice problem={send.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" disabled={lines.length === 0 || lines.length > LINES_MAX} onClick={() => send.mutate(false)}>{t.remove}</Button>
          <Button disabled={lines.length === 0 || lines.length > LINES_MAX} loading={send.isPending} onClick={() => send.mutate(true)}>{t.add}</Button>
        </div>
      </div>
    </Modal>
  );
}
