// The columns of the list of audiences, in the table and in its file.
import type { ReactNode } from "react";
import type { Audience, AudienceTrends } from "@tributary/schema/api/audiences.ts";
import { language, texts } from "../../texts/texts.ts";
import type { Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { signedNumber } from "../../ui/format.ts";
import { TrendLine } from "../../ui/trend-line.tsx";
import { Value } from "../../ui/value.tsx";
import { AudienceState } from "./audience-state.tsx";

const t = texts.audiences;
type Sizes = AudienceTrends["data"][number]["sizes"];

/** `trends`: the sizes of the last days, by slug; undefined while they are asked for. */
export function columnsOf(trends: ReadonlyMap<string, Sizes> | undefined): readonly Column<Audience>[] {
  return [
    { key: "name", header: t.columns.name, width: "minmax(160px, 3fr)", cell: ({ name }) => <strong><Value value={name} /></strong>, csv: ({ name }) => name },
    { key: "sentence", header: t.columns.sentence, width: "minmax(100px, 6fr)", cell: ({ sentence }) => <span className="dim"><Value value={shortSentence(sentence[language])} note={sentence[language]} /></span>, csv: ({ sentence }) => sentence[language] },
    { key: "size", header: t.columns.size, width: "68px", isEnd: true, cell: ({ size, filled_at }) => (filled_at === null ? <span className="dim">–</span> : <Figure value={size} />), csv: ({ size, filled_at }) => (filled_at === null ? null : size) },
    { key: "trend", header: t.columns.trend, width: "118px", cell: ({ slug }) => <Trend sizes={trends?.get(slug)} /> },
    { key: "status", header: t.columns.status, width: "92px", cell: ({ status }) => <AudienceState status={status} />, csv: ({ status }) => t.status[status] },
    { key: "changed", header: t.columns.changed, width: "96px", cell: ({ updated_at }) => <span className="dim"><When at={updated_at} /></span>, csv: ({ updated_at }) => updated_at },
  ];
}

/** What is in the file alone. */
const none = (): ReactNode => null;
export function fileColumnsOf(columns: readonly Column<Audience>[]): readonly Column<Audience>[] {
  return [
    ...columns,
    { key: "by", header: t.columns.by, width: "0", cell: none, csv: ({ updated_by, updated_by_name }) => updated_by_name ?? updated_by },
    { key: "folder", header: t.builder.folder, width: "0", cell: none, csv: ({ folder }) => folder },
    { key: "slug", header: t.columns.slug, width: "0", cell: none, csv: ({ slug }) => slug },
  ];
}

/** Nearly all of them are drawn from known people: what is the same in each row says nothing. */
function shortSentence(sentence: string): string {
  const usual = `${t.from.known}: `;
  return sentence.startsWith(usual) ? `${sentence.charAt(usual.length).toLocaleUpperCase(language)}${sentence.slice(usual.length + 1)}` : sentence;
}

function Trend({ sizes }: { readonly sizes: Sizes | undefined }): ReactNode {
  const known = (sizes ?? []).filter((size) => size !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (sizes === undefined || first === undefined || last === undefined || known.length < 2) return sizes === undefined ? null : <span className="dim">–</span>;
  return <span className="row"><TrendLine values={sizes} label={t.trend(first, last, known.length - 1)} /><span className="figure dim">{signedNumber(last - first)}</span></span>;
}
