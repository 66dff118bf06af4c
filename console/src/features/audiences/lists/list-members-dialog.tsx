// People put on a list, or taken off it, by what they are told by; who is nobody is told back.
import { Button, NativeSelect, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { AudienceLists, ListMembersAnswer } from "@tributary/schema/api/audiences.ts";
import { change } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { toast } from "../../../ui/toast.tsx";
import { channelsQuery } from "../../profiles/queries.ts";

const t = texts.audiences.lists;
const LINES_MAX = 10_000;
const UNKNOWN_SHOWN = 20;
type AudienceList = AudienceLists["data"][number];

export function ListMembersDialog({ list, onClose }: { readonly list: AudienceList; readonly onClose: () => void }): ReactNode {
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
    <Dialog onClose={onClose} size="lg" title={t.addTo(list.name)}>
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
    </Dialog>
  );
}
