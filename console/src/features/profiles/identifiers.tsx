// All identifiers of a person: since when each is known, and from which source.
import type { ReactNode } from "react";
import { IconFingerprint } from "@tabler/icons-react";
import type { ProfileAnswer } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { When } from "../../ui/figure.tsx";
import { Empty } from "../../ui/notice.tsx";
import { Value } from "../../ui/value.tsx";
import { useSourceName } from "../sources/queries.ts";
import { identifiersByWeight } from "./person-words.ts";

const t = texts.profiles;
type Row = ProfileAnswer["identifiers"][number];

export function Identifiers({ person }: { readonly person: ProfileAnswer }): ReactNode {
  const sourceName = useSourceName();
  const rows = identifiersByWeight(person.identifiers);
  const columns: readonly Column<Row>[] = [
    { key: "namespace", header: t.identifierColumns.namespace, width: "140px", cell: (row) => row.namespace },
    { key: "value", header: t.identifierColumns.value, width: "minmax(160px, 1fr)", cell: (row) => <span className="row"><span className="mono" style={{ minWidth: 0 }}><Value value={row.value} /></span><CopyIcon value={row.value} /></span> },
    { key: "source", header: t.identifierColumns.source, width: "minmax(80px, 160px)", cell: (row) => <span className="dim"><Value value={sourceName(row.source_id)} /></span> },
    { key: "first", header: t.identifierColumns.first, width: "110px", cell: (row) => <When at={row.first_seen_at} /> },
  ];
  const heightPx = 35 + 36 * Math.min(Math.max(rows.length, 1), 16);
  return (
    <div className="stack">
      <p className="dim">{t.identifiersText(rows.length)}</p>
      <div className="stack" style={{ height: rows.length === 0 ? undefined : heightPx }}>
        <DataTable fills label={t.identifiers} columns={columns} rows={rows} rowKey={(row) => `${row.namespace}:${row.value}`} empty={<Empty icon={<IconFingerprint size={28} stroke={1.4} />} title={texts.everywhere.none} text={t.noneText} />} />
      </div>
    </div>
  );
}
