// Choosing a file, by pointer, by keyboard or by dropping it.
import { Button, FileButton } from "@mantine/core";
import { IconFile } from "@tabler/icons-react";
import { useState, type DragEvent, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { valueText } from "../../ui/format.ts";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { sizeText } from "./size-text.ts";

const t = texts.imports;

export interface FileCardProps {
  readonly file: File | undefined;
  /** What keeps it from being used. */
  readonly problem: string | undefined;
  readonly isLocked: boolean;
  readonly onFile: (file: File) => void;
}

export function FileCard({ file, problem, isLocked, onFile }: FileCardProps): ReactNode {
  const [isOver, setOver] = useState(false);
  const take = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const [dropped] = event.dataTransfer.files;
    if (dropped && !isLocked) onFile(dropped);
  };
  return (
    <Card title={t.steps.file}>
      <div className="drop" data-over={isOver} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={take}>
        {file ? <span className="row grow"><IconFile size={18} aria-hidden /><strong className="cut"><bdi>{valueText(file.name, 120)}</bdi></strong><span className="dim nowrap">{sizeText(file.size)}</span></span> : null}
        <FileButton accept=".csv,.tsv,.txt,.ndjson,.jsonl,.json" inputProps={{ "aria-label": t.fileLabel }} onChange={(chosen) => chosen && onFile(chosen)}>
          {(props) => <Button {...props} variant={file ? "default" : "filled"} disabled={isLocked}>{file ? t.pickAnother : t.pick}</Button>}
        </FileButton>
        {file ? null : <span className="dim">{t.drop}</span>}
      </div>
      {problem ? <div role="alert"><State tone="bad">{problem}</State></div> : null}
    </Card>
  );
}
