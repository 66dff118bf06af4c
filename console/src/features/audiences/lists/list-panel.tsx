// One list: what it is, and who is on it.
import { ActionIcon, Button } from "@mantine/core";
import { IconUserPlus, IconX } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { AudienceLists } from "@tributary/schema/api/audiences.ts";
import { change } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { CopyIcon } from "../../../ui/copy.tsx";
import { When } from "../../../ui/figure.tsx";
import { Filled } from "../../../ui/filled.tsx";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { toast } from "../../../ui/toast.tsx";
import { memberKnownBy, memberName, PersonLink, Waiting } from "../parts.tsx";
import { listMembersQuery, listPath, type Member } from "../queries.ts";
import { ListMembersDialog } from "./list-members-dialog.tsx";

const t = texts.audiences.lists;

export interface ListPanelProps {
  readonly list: AudienceLists["data"][number];
  readonly mayWrite: boolean;
  readonly onClose: () => void;
}

export function ListPanel({ list, mayWrite, onClose }: ListPanelProps): ReactNode {
  const [isAdding, setIsAdding] = useState(false);
  const pages = useInfiniteQuery(listMembersQuery(list.slug));
  const people = pages.data?.pages.flatMap(({ data }) => data);
  const mayChange = mayWrite && list.kind !== "frozen";
  return (
    <Panel title={list.name} onClose={onClose}>
      <div className="stack-wide">
        <p className="dim">
          {t.kinds[list.kind]}{list.frozen_of === null ? "" : ` ${t.frozenOf(list.frozen_of)}`} · <Filled text={t.madeWhen} parts={{ when: <When at={list.created_at} /> }} />
          <span className="row"><span className="mono">{list.slug}</span><CopyIcon value={list.slug} label={texts.audiences.page.copySlug} /></span>
        </p>
        <div className="row wrap"><strong className="grow">{t.onIt(list.size)}</strong>{mayChange ? <Button variant="default" leftSection={<IconUserPlus size={15} aria-hidden />} onClick={() => setIsAdding(true)}>{t.add}</Button> : null}</div>
        {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : people === undefined ? <Waiting rows={6} /> : people.length === 0 ? <p className="dim">{t.nobody}</p> : (
          <ul className="side-list">{people.map((member) => <li key={member.profile_id}><OnIt list={list.slug} member={member} mayChange={mayChange} /></li>)}</ul>
        )}
        {pages.hasNextPage ? <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>{t.more}</Button> : null}
      </div>
      {isAdding ? <ListMembersDialog list={list} onClose={() => setIsAdding(false)} /> : null}
    </Panel>
  );
}

function OnIt({ list, member, mayChange }: { readonly list: string; readonly member: Member; readonly mayChange: boolean }): ReactNode {
  const client = useQueryClient();
  const turn = useMutation({
    mutationFn: (isBack: boolean) => change("POST", `${listPath(list)}/members`, { [isBack ? "add" : "remove"]: [{ profile_id: member.profile_id }] }),
    onError: (error) => toast({ tone: "bad", text: error.message }),
    onSuccess: async (_, isBack) => {
      await client.invalidateQueries({ queryKey: ["audiences", "lists"] });
      if (!isBack) toast({ text: t.takenOff(memberName(member)), onUndo: () => turn.mutate(true) });
    },
  });
  return (
    <span className="row">
      <span className="grow row"><PersonLink member={member} /></span>
      <span className="dim cut half">{memberKnownBy(member)?.value ?? ""}</span>
      {mayChange ? <ActionIcon size={26} aria-label={t.takeOff(memberName(member))} loading={turn.isPending} onClick={() => turn.mutate(false)}><IconX size={14} /></ActionIcon> : null}
    </span>
  );
}
