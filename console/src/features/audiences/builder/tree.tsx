// The conditions as nested sentences: groups say how many of their rows must hold. Rows are moved by their handle, with the pointer or
// with the keyboard.
import { ActionIcon, Menu } from "@mantine/core";
import { IconAlertTriangle, IconCopy, IconDots, IconFolderPlus, IconGripVertical, IconIndentDecrease, IconIndentIncrease, IconTrash, IconX } from "@tabler/icons-react";
import { useLayoutEffect, useRef, type ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { fullNumber } from "../../../ui/format.ts";
import { Told } from "../../../ui/told.tsx";
import { AddCondition } from "../editors/add-condition.tsx";
import { LeafEditor } from "../editors/leaf-editor.tsx";
import { WordNumber, WordSelect } from "../editors/words.tsx";
import { isGroup, type AccountPeople, type DraftNode, type GroupHow, type GroupNode, type RowNode } from "../model/draft.ts";
import { useBuilder } from "./context.ts";
import { DragArea, useDrag, useDropTarget } from "./drag.tsx";
import { useRowKeys } from "./row-keys.ts";

const t = texts.audiences;
const accountPeople: readonly AccountPeople[] = ["any", "all", "none"];
const hows: readonly GroupHow[] = ["all", "any", "none", "at_least"];

export function Tree({ root }: { readonly root: GroupNode }): ReactNode {
  return <DragArea><GroupRows group={root} depth={0} /></DragArea>;
}

function GroupRows({ group, depth }: { readonly group: GroupNode; readonly depth: number }): ReactNode {
  const { edit } = useBuilder();
  const end = useDropTarget({ group: group.id, index: group.children.length });
  return (
    <>
      <ul className="tree" data-depth={depth % 2} aria-label={t.group.label(t.group.hows[group.how])}>
        {group.children.map((child, index) => <Node key={child.id} node={child} group={group} index={index} depth={depth} />)}
      </ul>
      <div className="tree-end" {...end.props} data-drop={end.isOver ? "before" : undefined}>
        <AddCondition label={depth === 0 ? t.add.label : t.add.toGroup} onAdd={(leaf) => edit.add({ group: group.id, index: group.children.length }, leaf)} />
      </div>
    </>
  );
}

interface NodeProps<Of extends DraftNode = DraftNode> {
  readonly node: Of;
  readonly group: GroupNode;
  readonly index: number;
  readonly depth: number;
}

function Node({ node, group, index, depth }: NodeProps): ReactNode {
  const { edit, problems, sizes, selected } = useBuilder();
  const line = useRef<HTMLLIElement>(null);
  const target = useDropTarget({ group: group.id, index }, line);
  const size = sizes.get(node.id);
  const said = problems.get(node.id) ?? [];
  // A row that was moved is drawn anew elsewhere; whoever moved it goes on with it.
  useLayoutEffect(() => {
    if (edit.wantsFocus.current !== node.id) return;
    edit.wantsFocus.current = undefined;
    line.current?.querySelector<HTMLElement>("[data-handle]")?.focus();
  });
  return (
    <li ref={line} className={`tree-row${selected.has(node.id) ? " selected" : ""}`} data-node={node.id} data-drop={target.isOver} {...target.props} aria-invalid={said.some(({ isWarning }) => !isWarning) || undefined}>
      <div className="tree-line">
        <Handle node={node} group={group} index={index} />
        <span className="joint">{index === 0 ? "" : t.group.joints[group.how]}</span>
        <div className="tree-body">{isGroup(node) ? <GroupHead group={node} /> : <Row node={node} />}</div>
        <span className="tree-size">{size === undefined ? null : <span className="figure dim" title={t.preview.partText(size)}>{fullNumber(size)}</span>}</span>
        <RowMenu node={node} />
      </div>
      {said.map((one) => (
        <div key={one.message} className="row-problem" data-tone={one.isWarning ? "attention" : "bad"}><IconAlertTriangle size={14} aria-hidden /><span>{one.message}{one.hint ? <> <span className="dim"><Told text={one.hint} /></span></> : null}</span></div>
      ))}
      {isGroup(node) ? <div className="tree-nested"><GroupRows group={node} depth={depth + 1} /></div> : null}
    </li>
  );
}

function Row({ node }: { readonly node: RowNode }): ReactNode {
  const { edit } = useBuilder();
  return <LeafEditor leaf={node.leaf} isNot={node.isNot} onChange={(leaf, mark) => edit.setLeaf(node.id, leaf, mark)} onNot={(isNot) => edit.setNot(node.id, isNot)} />;
}

export function GroupHead({ group }: { readonly group: GroupNode }): ReactNode {
  const { edit } = useBuilder();
  return (
    <div className="words">
      {group.people === undefined ? null : <WordSelect label={t.account.label} value={group.people} options={accountPeople.map((value) => ({ value, label: t.account[value] }))} onChange={(people) => edit.setPeople(group.id, people as AccountPeople)} />}
      <WordSelect label={t.group.how} value={group.how} options={hows.map((value) => ({ value, label: t.group.hows[value] }))} onChange={(how) => edit.setHow(group.id, how as GroupHow)} />
      {group.how === "at_least" ? <WordNumber isWhole least={1} label={t.group.least} value={group.least} onChange={(least) => least !== undefined && edit.setHow(group.id, group.how, least)} /> : null}
      <span className="dim">{t.group.tail[group.how]}</span>
      {group.people === undefined ? null : <span className="dim small-note">{t.account.note}</span>}
    </div>
  );
}

function Handle({ node, group, index }: Pick<NodeProps, "node" | "group" | "index">): ReactNode {
  const { toggle, selected } = useBuilder();
  const onKeyDown = useRowKeys(node);
  const drag = useDrag(node.id);
  return (
    <button
      type="button" className="handle" data-handle={node.id} aria-label={t.row.handle(index + 1, group.children.length)} aria-pressed={selected.has(node.id)} title={t.row.handleHint}
      onKeyDown={onKeyDown} onClick={(event) => { if (event.detail > 0) toggle(node.id); }} {...drag}
    >
      <IconGripVertical size={15} aria-hidden />
    </button>
  );
}

function RowMenu({ node }: { readonly node: DraftNode }): ReactNode {
  const { edit, selected, clear } = useBuilder();
  const many = [...selected];
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target><ActionIcon size={26} aria-label={t.row.menu}><IconDots size={15} /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconCopy size={15} />} rightSection={<kbd>⌃D</kbd>} onClick={() => edit.duplicate(node.id)}>{t.row.duplicate}</Menu.Item>
        <Menu.Item leftSection={<IconIndentIncrease size={15} />} rightSection={<kbd>⌥→</kbd>} onClick={() => edit.indent(node.id)}>{t.row.indent}</Menu.Item>
        <Menu.Item leftSection={<IconIndentDecrease size={15} />} rightSection={<kbd>⌥←</kbd>} onClick={() => edit.outdent(node.id)}>{t.row.outdent}</Menu.Item>
        <Menu.Item leftSection={<IconFolderPlus size={15} />} rightSection={<kbd>⌃G</kbd>} onClick={() => { edit.group(many.includes(node.id) ? many : [node.id]); clear(); }}>{many.length > 1 && many.includes(node.id) ? t.row.groupMany(many.length) : t.row.group}</Menu.Item>
        {isGroup(node) ? (node.people === undefined ? <Menu.Item leftSection={<IconX size={15} />} onClick={() => edit.ungroup(node.id)}>{t.row.ungroup}</Menu.Item> : null) : <Menu.Item onClick={() => edit.setNot(node.id, !node.isNot)}>{node.isNot ? t.row.notNot : t.row.makeNot}</Menu.Item>}
        <Menu.Divider />
        <Menu.Item leftSection={<IconTrash size={15} />} rightSection={<kbd>⌦</kbd>} onClick={() => edit.remove(node.id)}>{t.row.remove}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
