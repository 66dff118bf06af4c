// Choosing a value out of a real event: its tree with what stands there, looked through by typing; any other path can be typed, too.
import { Popover } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { texts } from "../../../../texts/texts.ts";
import { valueText } from "../../../../ui/format.ts";
import { openAtFirst, treeRows, type TreeRow } from "../model/event-tree.ts";
import { useValuesState } from "./context.ts";

const t = texts.subscriptions.values;
const PATH_MAX = 2_000;
const SAMPLE_MAX = 60;

export interface PathPickerProps {
  readonly label: string;
  /** The one that is chosen; empty: none. */
  readonly path: string;
  readonly variant?: "word" | "add";
  readonly opensAtOnce?: boolean;
  readonly onPick: (path: string) => void;
  readonly children: ReactNode;
}

export function PathPicker({ label, path, variant = "word", opensAtOnce = false, onPick, children }: PathPickerProps): ReactNode {
  const { isReadOnly } = useValuesState();
  const [isOpen, setIsOpen] = useState(opensAtOnce && !isReadOnly);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setIsOpen(false);
    button.current?.focus();
  };
  return (
    <Popover opened={isOpen} onChange={setIsOpen} position="bottom-start" width={420} withinPortal shadow="sm" trapFocus>
      <Popover.Target>
        <button ref={button} type="button" disabled={isReadOnly} className={`word-button ${variant}${path === "" && variant === "word" ? " unset" : ""}`} aria-haspopup="dialog" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {label === children ? null : <span className="unseen">{label}: </span>}{children}
        </button>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label={label}>{isOpen ? <Tree label={label} onPick={(picked) => { close(); onPick(picked); }} /> : null}</Popover.Dropdown>
    </Popover>
  );
}

function Tree({ label, onPick }: { readonly label: string; readonly onPick: (path: string) => void }): ReactNode {
  const { sample } = useValuesState();
  const [search, setSearch] = useState("");
  const [open, setOpen] = useState<ReadonlySet<string>>(openAtFirst);
  const [at, setAt] = useState(0);
  const id = useId();
  const rows = useMemo(() => treeRows(sample, { open, search }), [sample, open, search]);
  const typed = search.trim();
  const isPath = typed !== "" && !rows.some(({ path }) => path === typed);
  // A path that is typed out is taken as it is, before anything that only looks like it.
  const isTypedFirst = isPath && (typed.startsWith("$") || rows.length === 0);
  useEffect(() => setAt(Math.max(0, rows.findIndex(({ isFound }) => isFound))), [search]);
  const row = isTypedFirst ? undefined : rows[at];
  const toggle = ({ key, hasInner }: TreeRow, isOpen: boolean): void => {
    if (hasInner) setOpen(new Set(isOpen ? [...open, key] : [...open].filter((one) => one !== key)));
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") setAt(Math.max(0, Math.min(rows.length - 1, at + (event.key === "ArrowDown" ? 1 : -1))));
    else if (event.key === "Enter") { if (row?.path !== undefined) onPick(row.path); else if (isTypedFirst) onPick(typed); } else if (row !== undefined && search === "" && (event.key === "ArrowRight" || event.key === "ArrowLeft")) toggle(row, event.key === "ArrowRight");
    else return;
    event.preventDefault();
  };
  return (
    <div className="path-tree">
      <input
        className="path-search" role="combobox" aria-expanded aria-controls={`${id}-tree`} aria-haspopup="tree" aria-label={t.searchPath} placeholder={t.searchPath} maxLength={PATH_MAX} value={search} data-autofocus
        {...(row === undefined ? {} : { "aria-activedescendant": `${id}-${at}` })} onChange={(event) => setSearch(event.currentTarget.value)} onKeyDown={onKey}
      />
      <div className="path-rows" id={`${id}-tree`} role="tree" aria-label={label}>
        {typed === "" ? <div role="treeitem" aria-selected={false} aria-level={1} className="path-row" onClick={() => onPick("$")}><span className="path-name">{t.wholeEvent}</span></div> : null}
        {isPath ? <div role="treeitem" aria-level={1} className="path-row" aria-selected={isTypedFirst} onClick={() => onPick(typed)}><span className="path-name">{t.usePath(typed)}</span></div> : null}
        {rows.map((one, index) => <Row key={one.key} id={`${id}-${index}`} row={one} isActive={row === one} isOpen={search !== "" || open.has(one.key)} onOpen={(isOpen) => toggle(one, isOpen)} onPick={onPick} />)}
      </div>
      {sample === undefined ? <p className="path-none dim">{t.noSample}</p> : rows.length === 0 && typed !== "" ? <p className="path-none dim">{t.nothingFound}</p> : null}
    </div>
  );
}

interface RowProps {
  readonly id: string;
  readonly row: TreeRow;
  readonly isActive: boolean;
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
  readonly onPick: (path: string) => void;
}

function Row({ id, row: { path, name, depth, value, hasInner }, isActive, isOpen, onOpen, onPick }: RowProps): ReactNode {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const [row, rows] = [element.current, element.current?.parentElement];
    if (!isActive || !row || !rows) return;
    // Within the tree alone: the page stays where it is.
    const top = row.offsetTop - rows.offsetTop;
    if (top < rows.scrollTop) rows.scrollTop = top;
    else if (top + row.offsetHeight > rows.scrollTop + rows.clientHeight) rows.scrollTop = top + row.offsetHeight - rows.clientHeight;
  }, [isActive]);
  return (
    <div
      ref={element} id={id} role="treeitem" aria-level={depth + 1} aria-selected={isActive} {...(hasInner ? { "aria-expanded": isOpen } : {})} {...(path === undefined ? { "aria-disabled": true } : {})} className="path-row"
      style={{ paddingInlineStart: 8 + depth * 14 }} title={path === undefined ? t.noPathThere : undefined} onClick={() => (path === undefined ? undefined : onPick(path))}
    >
      <span className="path-open" aria-hidden onClick={(event) => { event.stopPropagation(); onOpen(!isOpen); }}>{hasInner ? (isOpen ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />) : null}</span>
      <bdi className="mono path-name">{name === "" ? "“”" : name}</bdi>
      <bdi className="dim cut path-value">{valueText(value, SAMPLE_MAX)}</bdi>
    </div>
  );
}
