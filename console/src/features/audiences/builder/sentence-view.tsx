// "Known people who … all of these": the draft as a sentence, each part of which is changed where it stands.
import { Checkbox, Popover } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { Link } from "@tanstack/react-router";
import { texts } from "../../../texts/texts.ts";
import { AddCondition } from "../editors/add-condition.tsx";
import { WordSelect } from "../editors/words.tsx";
import type { From } from "../model/draft.ts";
import { GroupHead, Tree } from "./tree.tsx";
import type { DraftEdit } from "./use-draft.ts";

const t = texts.audiences;

export function SentenceView({ edit, opensAtOnce }: { readonly edit: DraftEdit; readonly opensAtOnce: boolean }): ReactNode {
  const { draft } = edit;
  const isEmpty = draft.root.children.length === 0;
  return (
    <div className="sentence-view">
      <div className="words sentence-head">
        <WordSelect label={t.from.label} value={draft.from} options={(["known", "anonymous", "everyone"] as const).map((value) => ({ value, label: t.from[value] }))} onChange={(from) => edit.setFrom(from as From)} />
        <Included edit={edit} />
        <span>{t.from.who}</span>
        <GroupHead group={draft.root} />
      </div>
      {isEmpty ? (
        <div className="builder-empty">
          <p>{t.builder.emptyText}</p>
          <div className="row wrap"><AddCondition variant="button" label={t.builder.addFirst} opensAtOnce={opensAtOnce} onAdd={(leaf) => edit.add({ group: draft.root.id, index: 0 }, leaf)} /><Link to="/audiences" search={{ show: "templates" }}>{t.builder.orTemplate}</Link></div>
        </div>
      ) : <Tree root={draft.root} />}
      <p className="dim builder-keys">{isEmpty ? "" : t.builder.keys}</p>
      <span className="unseen" role="status" data-told />
    </div>
  );
}

function Included({ edit: { draft: { include }, setInclude } }: { readonly edit: DraftEdit }): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const words = [include.bots ? t.from.bots : "", include.internal ? t.from.internal : ""].filter((one) => one !== "").join(", ");
  return (
    <Popover opened={isOpen} onChange={setIsOpen} position="bottom-start" width={280} trapFocus returnFocus shadow="sm">
      <Popover.Target><button type="button" className="word-button add" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>{words === "" ? t.from.withoutBots : t.from.with(words)}</button></Popover.Target>
      <Popover.Dropdown aria-label={t.from.included}>
        <div className="stack">
          <Checkbox label={t.from.botsLabel} checked={include.bots} onChange={(event) => setInclude({ ...include, bots: event.currentTarget.checked })} />
          <Checkbox label={t.from.internalLabel} checked={include.internal} onChange={(event) => setInclude({ ...include, internal: event.currentTarget.checked })} />
          <p className="dim">{t.from.includedText}</p>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
