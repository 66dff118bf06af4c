// A table whose rows are drawn only where they are seen, so that a hundred thousand are as fast as ten. Rows open by
// click and Enter; j, k and the arrows move among them. While it loads it has the shape that it will have.
import type { CsvValue } from "@tributary/schema/csv.ts";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { texts } from "../texts/texts.ts";
import { Bar } from "./notice.tsx";

const ROW_PX = 36;
const SKELETON_ROWS = 8;

export interface Column<Row> {
  readonly key: string;
  readonly header: string;
  /** A track of a CSS grid, such as `120px` or `minmax(0, 2fr)`. */
  readonly width: string;
  readonly isEnd?: boolean;
  readonly cell: (row: Row) => ReactNode;
  /** What the cell is in a file; a column without it is left out there. */
  readonly csv?: (row: Row) => CsvValue;
}

export interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  /** undefined: still loading. */
  readonly rows: readonly Row[] | undefined;
  readonly rowKey: (row: Row) => string | number;
  readonly onOpen?: (row: Row) => void;
  /** Called when the pointer comes to a row or the focus does: a chance to load what it opens. */
  readonly onHover?: (row: Row) => void;
  readonly selected?: string | number | undefined;
  readonly empty: ReactNode;
  /** Called when the end comes into sight. */
  readonly onEnd?: (() => void) | undefined;
  readonly isLoadingMore?: boolean;
  /** Takes the height that is there and scrolls within it. */
  readonly fills?: boolean;
  /** Above the first row, without taking room. */
  readonly overlay?: ReactNode;
  readonly onScroll?: (topPx: number) => void;
}

export function DataTable<Row>(props: DataTableProps<Row>): ReactNode {
  const { label, columns, rows, empty, fills = false, overlay, onScroll } = props;
  const scroll = useRef<HTMLDivElement>(null);
  // Rows that are there from the start are measured before the box around them is known: once more, then.
  const [, setIsKnown] = useState(false);
  useEffect(() => setIsKnown(true), []);
  const template = columns.map(trackOf).join(" ");
  return (
    <div className={fills ? "table fills" : "table"}>
      <div className="table-scroll" ref={scroll} onScroll={(event) => onScroll?.(event.currentTarget.scrollTop)}>
        <div role="grid" aria-label={label} aria-rowcount={(rows?.length ?? 0) + 1} aria-busy={rows === undefined}>
          <div role="row" className="table-header" style={{ gridTemplateColumns: template }}>
            {columns.map((column) => <div role="columnheader" key={column.key} className={column.isEnd ? "end" : ""}>{column.header}</div>)}
          </div>
          {overlay}
          {rows === undefined ? <SkeletonRows columns={columns.length} template={template} /> : null}
          {rows !== undefined && rows.length > 0 ? <Rows {...props} rows={rows} template={template} scroll={scroll} /> : null}
        </div>
        {rows?.length === 0 ? empty : null}
      </div>
    </div>
  );
}

/** What a letter of a heading takes on average. */
const HEADING_LETTER_PX = 7;

/** Room for the heading at least: what is one short word in one language is a long one in another. */
function trackOf({ width, header }: Pick<Column<unknown>, "width" | "header">): string {
  return width.replace(/\d+(?=px)/, (px) => String(Math.max(Number(px), Math.ceil(header.length * HEADING_LETTER_PX))));
}

type RowsProps<Row> = DataTableProps<Row> & {
  readonly rows: readonly Row[];
  readonly template: string;
  readonly scroll: RefObject<HTMLDivElement | null>;
};

function Rows<Row>({ columns, rows, rowKey, onOpen, onHover, selected, onEnd, isLoadingMore = false, template, scroll }: RowsProps<Row>): ReactNode {
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroll.current, estimateSize: () => ROW_PX, overscan: 12, scrollPaddingStart: ROW_PX });
  const { focused, setFocused, onKeyDown } = useRowFocus(rows.length, (index) => virtual.scrollToIndex(index), scroll);
  // Rows that are there with the first drawing come before the element that scrolls them is known: look once more.
  const [, lookAgain] = useState(false);
  useEffect(() => lookAgain(true), []);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - 5) onEnd?.();
  }, [last, rows.length, onEnd]);
  const draw = (index: number, top: number): ReactNode => {
    const row = rows[index];
    if (row === undefined) return null;
    const key = rowKey(row);
    return (
      <div
        key={key} role="row" aria-rowindex={index + 2} data-index={index} className={onOpen ? "table-row opens" : "table-row"}
        style={{ gridTemplateColumns: template, position: "absolute", insetInline: 0, top }} aria-selected={selected === key}
        tabIndex={index === Math.min(focused, rows.length - 1) ? 0 : -1}
        onClick={() => { setFocused(index); onOpen?.(row); }}
        onFocus={() => { setFocused(index); onHover?.(row); }} onPointerEnter={() => onHover?.(row)}
        onKeyDown={(event) => { if (event.key === "Enter" && event.target === event.currentTarget) onOpen?.(row); }}
      >
        {columns.map((column) => <div role="gridcell" key={column.key} className={column.isEnd ? "end" : ""}>{column.cell(row)}</div>)}
      </div>
    );
  };
  return (
    <>
      <div role="presentation" style={{ height: virtual.getTotalSize(), position: "relative" }} onKeyDown={onKeyDown}>
        {items.map((item) => draw(item.index, item.start))}
      </div>
      {isLoadingMore ? <div className="table-foot dim" role="status">{texts.everywhere.loading}…</div> : null}
    </>
  );
}

/** Which row has the focus; j and k reach it from anywhere on the page where nobody types. */
function useRowFocus(count: number, scrollTo: (index: number) => void, scroll: RefObject<HTMLDivElement | null>) {
  const [focused, setFocused] = useState(0);
  const state = useRef({ focused, count, scrollTo });
  state.current = { focused, count, scrollTo };
  const move = useCallback((by: number, isFirst: boolean) => {
    const { focused: from, count: all, scrollTo: go } = state.current;
    const to = isFirst ? from : Math.max(0, Math.min(all - 1, from + by));
    setFocused(to);
    go(to);
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus());
  }, [scroll]);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      const from = event.target instanceof HTMLElement ? event.target : undefined;
      if (event.ctrlKey || event.metaKey || event.altKey || from?.closest("input, textarea, select, [contenteditable], [role=dialog]")) return;
      if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1, from?.closest("[data-index]") == null);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [move]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = ({ ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity } as Readonly<Record<string, number>>)[event.key];
    if (by === undefined || !(event.target instanceof HTMLElement) || event.target.dataset["index"] === undefined) return;
    event.preventDefault();
    move(by, false);
  };
  return { focused, setFocused, onKeyDown };
}

function SkeletonRows({ columns, template }: { readonly columns: number; readonly template: string }): ReactNode {
  return Array.from({ length: SKELETON_ROWS }, (_, row) => (
    <div className="table-row" key={row} style={{ gridTemplateColumns: template }} aria-hidden>
      {Array.from({ length: columns }, (_, column) => <Bar key={column} width={40 + ((row * 3 + column * 7) % 5) * 10} />)}
    </div>
  ));
}
