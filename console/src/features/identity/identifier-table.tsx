// The graph as a table: the same identifiers, what each was seen with, and the same selection. It holds any number.
import { Checkbox } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { useMemo, type ReactNode } from "react";
import type { GraphIdentifier, IdentityGraph } from "@tributary/schema/api/identity.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Empty } from "../../ui/notice.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { isHidden } from "../masking/masked.tsx";
import { Revealable } from "../masking/reveal.tsx";
import { useSourceName } from "../sources/queries.ts";
import { KindIcon } from "./ident.tsx";
import { kindWord } from "./identity-words.ts";

const t = texts.identity;
const ROWS_MAX = 14;

interface Row {
  readonly identifier: GraphIdentifier;
  readonly state: "own" | "shared" | "other" | "nobodys";
  readonly others: number;
  readonly events: number;
  /** The edge with the most events, which the row opens. */
  readonly edge: string | undefined;
}

export interface IdentifierTableProps {
  readonly graph: IdentityGraph;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (key: string) => void;
  readonly onLine: (line: string) => void;
}

export function IdentifierTable({ graph, selected, onSelect, onLine }: IdentifierTableProps): ReactNode {
  const sourceName = useSourceName();
  const rows = useMemo(() => rowsOf(graph), [graph]);
  const columns: readonly Column<Row>[] = [
    { key: "pick", header: t.columns.pick, width: "60px", cell: (row) => (row.state === "own" ? <Pick row={row} isOn={selected.has(row.identifier.key)} onSelect={onSelect} /> : null) },
    { key: "kind", header: t.columns.kind, width: "minmax(124px, 150px)", cell: ({ identifier }) => <span className="row"><KindIcon namespace={identifier.namespace} />{kindWord(identifier.namespace)}</span>, csv: ({ identifier }) => identifier.namespace },
    { key: "value", header: t.columns.value, width: "minmax(160px, 3fr)", cell: (row) => <IdentifierValue row={row} personId={graph.profile_id} />, csv: ({ identifier }) => identifier.value },
    { key: "state", header: t.columns.state, width: "minmax(112px, 136px)", cell: (row) => <State tone={row.state === "own" ? "good" : row.state === "shared" ? "attention" : "plain"}>{t.states[row.state]}</State>, csv: (row) => t.states[row.state] },
    { key: "with", header: t.columns.with, width: "64px", cell: (row) => t.seenWith(row.others), csv: (row) => row.others },
    { key: "events", header: t.columns.events, width: "64px", isEnd: true, cell: (row) => <Figure value={row.events} />, csv: (row) => row.events },
    { key: "source", header: t.columns.source, width: "minmax(56px, 110px)", cell: ({ identifier }) => <span className="dim"><Value value={sourceName(identifier.source_id)} /></span>, csv: ({ identifier }) => sourceName(identifier.source_id) },
    { key: "first", header: t.columns.first, width: "84px", cell: ({ identifier }) => <When at={identifier.first_seen_at} />, csv: ({ identifier }) => identifier.first_seen_at },
  ];
  return (
    <div className="stack" style={{ padding: 16 }}>
      <div className="stack" style={{ height: 35 + 36 * Math.min(Math.max(rows.length, 3), ROWS_MAX) }}>
        <DataTable
          fills label={t.graphLabel} columns={columns} rows={rows} rowKey={(row) => row.identifier.key} onOpen={(row) => row.edge && onLine(row.edge)}
          empty={<Empty icon={<IconFingerprint size={28} stroke={1.4} />} title={texts.everywhere.none} text={texts.profiles.noneText} />}
        />
      </div>
      <div><ExportCsv title={t.why} columns={columns} rows={rows} /></div>
    </div>
  );
}

/** As it is, or masked with the way to it: of the person's own, which the API reveals by their key. */
function IdentifierValue({ row: { identifier, state }, personId }: { readonly row: Row; readonly personId: string }): ReactNode {
  const value = <span className="mono" style={{ minWidth: 0 }}><Value value={identifier.value} /></span>;
  const stop = (event: { stopPropagation: () => void }): void => event.stopPropagation();
  if (!isHidden(identifier.value)) return <span className="row">{value}<CopyIcon value={identifier.value} /></span>;
  if (state !== "own") return value;
  return <span className="row" onClick={stop} onKeyDown={stop}><Revealable personId={personId} field={{ kind: "identifier", key: identifier.key }} name={kindWord(identifier.namespace)} value={identifier.value}>{value}</Revealable></span>;
}

function Pick({ row: { identifier }, isOn, onSelect }: { readonly row: Row; readonly isOn: boolean; readonly onSelect: (key: string) => void }): ReactNode {
  const stop = (event: { stopPropagation: () => void }): void => event.stopPropagation();
  return (
    <span onClick={stop} onKeyDown={stop}>
      <Checkbox size="xs" checked={isOn} onChange={() => onSelect(identifier.key)} aria-label={t.node.select(kindWord(identifier.namespace), identifier.value.slice(0, 100))} />
    </span>
  );
}

function rowsOf(graph: IdentityGraph): readonly Row[] {
  const of = new Map<string, { others: Set<string>; events: number; most: number; edge: string | undefined }>();
  for (const { a, b, events } of graph.edges) {
    for (const [end, other] of [[a, b], [b, a]] as const) {
      const row = of.get(end) ?? { others: new Set<string>(), events: 0, most: -1, edge: undefined };
      row.others.add(other);
      row.events = Math.max(row.events, events ?? 0);
      if ((events ?? 0) > row.most) [row.most, row.edge] = [events ?? 0, `${a}~${b}`];
      of.set(end, row);
    }
  }
  const rowOf = (identifier: GraphIdentifier, state: Row["state"]): Row => {
    const found = of.get(identifier.key);
    return { identifier, state, others: found?.others.size ?? 0, events: found?.events ?? 0, edge: found?.edge };
  };
  return [
    ...graph.identifiers.map((one) => rowOf(one, "own")),
    ...graph.neighbours.map((one) => rowOf(one, one.shared ? "shared" : one.profile_id === null ? "nobodys" : "other")),
  ];
}
