// An import whose upload broke off: the same file is chosen again, and goes on at the byte that the server has.
import { useQuery } from "@tanstack/react-query";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { valueText } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { FileCard } from "./file-card.tsx";
import { importQuery } from "./queries.ts";
import { Sending } from "./run-card.tsx";
import { sizeText } from "./size-text.ts";
import { startUpload, useUpload } from "./uploads.ts";
import "./imports.css";

const t = texts.imports;

export function ResumeImport({ id }: { readonly id: number }): ReactNode {
  const found = useQuery(importQuery(id));
  const upload = useUpload(id);
  const [file, setFile] = useState<File>();
  const [problem, setProblem] = useState<string>();
  const expected = found.data?.files?.[found.data.file];
  const choose = (chosen: File): void => {
    const isOther = expected !== undefined && (chosen.name !== expected.name || (expected.bytes !== undefined && chosen.size !== expected.bytes));
    setProblem(isOther ? t.wrongFile(expected.name, sizeText(expected.bytes ?? 0)) : undefined);
    if (isOther) return;
    setFile(chosen);
    void startUpload(id, chosen, found.data?.bytes_done ?? 0);
  };
  return (
    <Page title={t.newTitle} back={{ to: "/imports", text: t.title }} sentence={found.data ? t.resumeSentence(valueText(found.data.name, 80)) : <Bar width={40} />}>
      <div className="stack" style={{ gap: 16 }}>
        {found.error ? <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} /> : null}
        {found.data ? <FileCard file={file} problem={problem} isLocked={upload?.status === "sending" || upload?.status === "done"} onFile={choose} /> : null}
        {upload ? (
          <Card title={t.steps.run}>
            <Sending upload={upload} text={t.running} note={t.leave} />
            {upload.status === "done" && upload.state ? <div className="stack"><State tone="good">{t.finished(upload.state.accepted, upload.state.refused)}</State><div><Button component={Link} to="/imports" search={{ id } as never}>{t.seeImport}</Button></div></div> : null}
          </Card>
        ) : null}
      </div>
    </Page>
  );
}
