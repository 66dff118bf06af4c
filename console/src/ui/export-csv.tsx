// The button that writes a table into a CSV file: the columns that say what they are in a file, and all rows, not only the
// drawn ones.
import { Button } from "@mantine/core";
import { csvText } from "@tributary/schema/csv.ts";
import { IconDownload } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { texts } from "../texts/texts.ts";
import { csvFileName } from "./csv.ts";
import type { Column } from "./data-table.tsx";

export interface ExportCsvProps<Row> {
  /** What the file is called after. */
  readonly title: string;
  readonly columns: readonly Column<Row>[];
  /** The rows, or how to get all of them when only a part is on the page; undefined while they load. */
  readonly rows: readonly Row[] | (() => Promise<readonly Row[]>) | undefined;
  readonly onError?: (error: Error) => void;
}

export function ExportCsv<Row>({ title, columns, rows, onError }: ExportCsvProps<Row>): ReactNode {
  const [isBusy, setIsBusy] = useState(false);
  const write = async (): Promise<void> => {
    setIsBusy(true);
    try {
      const all = typeof rows === "function" ? await rows() : (rows ?? []);
      const written = columns.flatMap(({ header, csv }) => (csv ? [{ header, csv }] : []));
      const text = csvText(written.map(({ header }) => header), all.map((row) => written.map(({ csv }) => csv(row))));
      saveFile(csvFileName(title, Date.now()), text);
    } catch (error) {
      onError?.(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setIsBusy(false);
    }
  };
  const isEmpty = rows === undefined || (typeof rows !== "function" && rows.length === 0);
  return (
    <Button variant="default" leftSection={<IconDownload size={15} aria-hidden />} disabled={isEmpty} loading={isBusy} onClick={() => void write()}>
      {texts.everywhere.exportCsv}
    </Button>
  );
}

function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken the file by the next turn; until then it must be there.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
