// Proposing that a person is two: an agent says which identifiers are somebody else's, and whoever may split people decides.
import { Button, Checkbox, Textarea } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import type { DeskAnswer } from "@tributary/schema/api/desk.ts";
import type { ProfileAnswer } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { When } from "../../ui/figure.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { identifiersByWeight } from "../profiles/person-words.ts";
import { useRecord } from "./queries.ts";

const t = texts.desk;

interface Props {
  readonly person: ProfileAnswer;
  readonly proposals: DeskAnswer["proposals"];
}

export function Proposals({ person, proposals }: Props): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { record, undo } = useRecord(person.id);
  const mayDecide = may(session, "write") && may(session, "personal_data");
  const decline = (id: string): void =>
    record.mutate({ path: `/unmerge-proposals/${id}/decision`, body: { decision: "declined" }, done: t.done.decided, canUndo: false });
  if (person.identifiers.length < 2 && proposals.length === 0) return null;
  return (
    <Card title={t.proposals} actions={person.identifiers.length < 2 ? null : <Button size="xs" variant="default" onClick={() => setIsOpen(true)}>{t.propose}</Button>}>
      {proposals.length === 0 ? <p className="dim">{t.proposeText}</p> : (
        <ul className="side-list">
          {proposals.map((proposal) => (
            <li key={proposal.id}>
              <bdi className="desk-text">{proposal.reason}</bdi>
              <div className="dim">{t.proposalKeys(proposal.keys.length)} · <When at={proposal.at} /> · {t.by(proposal.author.name)}</div>
              <div className="row wrap">
                <span className="grow"><State tone={proposal.state === "open" ? "waiting" : "plain"}>{t.proposalStates[proposal.state]}</State></span>
                {proposal.state === "open" && mayDecide ? <><Button component={Link} to={`/profiles/${person.id}?tab=identity&proposal=${proposal.id}`} size="xs" variant="default">{t.accept}</Button><Button size="xs" variant="default" onClick={() => decline(proposal.id)}>{t.decline}</Button></> : null}
                {proposal.state === "open" ? <Button size="xs" variant="subtle" onClick={() => undo(proposal.row_id)}>{t.undo}</Button> : null}
              </div>
            </li>
          ))}
        </ul>
      )}
      {isOpen ? <Propose person={person} onClose={() => setIsOpen(false)} /> : null}
    </Card>
  );
}

function Propose({ person, onClose }: { readonly person: ProfileAnswer; readonly onClose: () => void }): ReactNode {
  const { record } = useRecord(person.id);
  const [keys, setKeys] = useState<readonly string[]>([]);
  const [reason, setReason] = useState("");
  const isReady = keys.length > 0 && keys.length < person.identifiers.length && reason.trim() !== "";
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady) record.mutate({ path: "/unmerge-proposals", body: { keys, reason }, done: t.done.proposed }, { onSuccess: onClose });
  };
  const toggle = (key: string): void => setKeys(keys.includes(key) ? keys.filter((one) => one !== key) : [...keys, key]);
  return (
    <Dialog onClose={onClose} title={t.propose}>
      <form className="stack-wide" onSubmit={submit}>
        <p className="dim">{t.proposeText}</p>
        <div className="stack choose-list">
          {identifiersByWeight(person.identifiers).map(({ key, namespace, value }) => key === undefined ? null : (
            <Checkbox key={key} checked={keys.includes(key)} onChange={() => toggle(key)} label={<span className="desk-text"><span className="dim">{namespace}</span> <bdi className="mono">{value}</bdi></span>} />
          ))}
        </div>
        <Textarea label={t.proposeReason} required withAsterisk={false} maxLength={4_000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <div><Button type="submit" loading={record.isPending} disabled={!isReady}>{t.proposeSend}</Button></div>
      </form>
    </Dialog>
  );
}
