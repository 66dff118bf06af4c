// The kinds of identifiers in their order: moved by drag or by arrows, opened to be edited, added and removed.
import { ActionIcon, Button, TextInput, VisuallyHidden } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconChevronDown, IconChevronRight, IconGripVertical, IconPlus } from "@tabler/icons-react";
import { useState, type DragEvent, type ReactNode } from "react";
import type { IdentitySettings, NamespaceRule } from "@tributary/schema/settings.ts";
import { texts } from "../../texts/texts.ts";
import { KindIcon } from "./ident.tsx";
import { kindWord } from "./identity-words.ts";
import { NamespaceFields } from "./namespace-fields.tsx";
import { added, changed, inOrder, isChanged, moved, namePattern, removed } from "./rules-draft.ts";

const t = texts.identityRules.namespaces;

export interface NamespacesProps {
  readonly saved: IdentitySettings;
  readonly draft: IdentitySettings;
  readonly onChange: (draft: IdentitySettings) => void;
}

export function Namespaces({ saved, draft, onChange }: NamespacesProps): ReactNode {
  const [open, setOpen] = useState<string>();
  const [dragged, setDragged] = useState<string>();
  const [said, setSaid] = useState("");
  const rules = inOrder(draft);
  const move = (name: string, to: number): void => {
    const next = moved(draft, name, to);
    setSaid(t.moved(name, inOrder(next).findIndex((rule) => rule.name === name) + 1, rules.length));
    onChange(next);
  };
  const dragOver = (event: DragEvent, index: number): void => {
    if (dragged === undefined) return;
    event.preventDefault();
    if (rules[index]?.name !== dragged) move(dragged, index);
  };
  return (
    <div className="stack" style={{ gap: 12 }}>
      <p className="dim">{t.text}</p>
      <VisuallyHidden role="status">{said}</VisuallyHidden>
      <ol className="rules-list">
        {rules.map((rule, index) => (
          <li key={rule.name} onDragOver={(event) => dragOver(event, index)} onDrop={(event) => { event.preventDefault(); setDragged(undefined); }} data-dragged={rule.name === dragged || undefined}>
            <div className="rules-row">
              <span className="rules-grip" draggable title={t.handle} onDragStart={(event) => { event.dataTransfer.effectAllowed = "move"; setDragged(rule.name); }} onDragEnd={() => setDragged(undefined)}><IconGripVertical size={16} aria-hidden /></span>
              <span className="dim">{index + 1}</span>
              <button type="button" className="rules-name" aria-expanded={open === rule.name} onClick={() => setOpen(open === rule.name ? undefined : rule.name)}>
                {open === rule.name ? <IconChevronDown size={15} aria-hidden /> : <IconChevronRight size={15} aria-hidden />}
                <KindIcon namespace={rule.name} /><strong>{kindWord(rule.name)}</strong><span className="mono dim">{rule.name}</span>
                <span className="dim rules-summary">{rule.use === "lookup" ? `${t.lookup}, ` : ""}{t.summary(rule.limitPerProfile, rule.sharedAfter)}</span>
                <Mark rule={rule} saved={saved} />
              </button>
              <ActionIcon size={28} disabled={index === 0} aria-label={t.up(rule.name)} onClick={() => move(rule.name, index - 1)}><IconArrowUp size={15} /></ActionIcon>
              <ActionIcon size={28} disabled={index === rules.length - 1} aria-label={t.down(rule.name)} onClick={() => move(rule.name, index + 1)}><IconArrowDown size={15} /></ActionIcon>
            </div>
            {open === rule.name ? (
              <NamespaceFields rule={rule} onChange={(change) => onChange(changed(draft, rule.name, change))} onRemove={rules.length > 1 ? () => onChange(removed(draft, rule.name)) : undefined} />
            ) : null}
          </li>
        ))}
      </ol>
      <AddKind taken={new Set(rules.map(({ name }) => name))} onAdd={(name) => { onChange(added(draft, name)); setOpen(name); }} />
    </div>
  );
}

function Mark({ rule, saved }: { readonly rule: NamespaceRule; readonly saved: IdentitySettings }): ReactNode {
  const was = saved.namespaces.find(({ name }) => name === rule.name);
  if (was === undefined) return <span className="rules-mark">{t.isNew}</span>;
  return isChanged(was, rule) ? <span className="rules-mark">{t.changed}</span> : null;
}

function AddKind({ taken, onAdd }: { readonly taken: ReadonlySet<string>; readonly onAdd: (name: string) => void }): ReactNode {
  const [name, setName] = useState("");
  const isTaken = taken.has(name);
  const isGood = namePattern.test(name) && !isTaken;
  const problem = isTaken ? t.taken : name !== "" && !isGood ? t.newHint : undefined;
  return (
    <form className="row wrap" onSubmit={(event) => { event.preventDefault(); if (isGood) { onAdd(name); setName(""); } }}>
      <TextInput aria-label={t.newName} placeholder={t.newName} value={name} onChange={(event) => setName(event.currentTarget.value)} {...(problem === undefined ? {} : { error: problem })} maxLength={63} />
      <Button type="submit" variant="default" leftSection={<IconPlus size={15} aria-hidden />} disabled={!isGood}>{t.add}</Button>
    </form>
  );
}
