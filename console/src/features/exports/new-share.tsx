// Makes a link by which whoever has it fetches an audience: what of each person, how many, how long; shows it once.
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { ShareMade } from "@tributary/schema/api/exports.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { absoluteTime } from "../../ui/format.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { ChooseAudience, ChooseColumns, ChooseRows } from "./choose.tsx";

const t = texts.exports.newShare;
const times = ["1", "24", "72", "168", "720"] as const;
const formats = ["csv", "ndjson"] as const;
const ROWS = 10_000;

/** `onClose`: whether one was made. */
export function NewShare({ audience: first = "", onClose }: { readonly audience?: string; readonly onClose: (isMade: boolean) => void }): ReactNode {
  const client = useQueryClient();
  const [audience, setAudience] = useState(first);
  const [name, setName] = useState("");
  const [columns, setColumns] = useState<readonly string[]>(["id"]);
  const [rows, setRows] = useState(ROWS);
  const [hours, setHours] = useState<string>("72");
  const [format, setFormat] = useState<string>("csv");
  const make = useMutation({
    mutationFn: () => change<ShareMade>("POST", `/audiences/${encodeURIComponent(audience)}/shares`, { name: name.trim(), columns, row_limit: rows, hours: Number(hours), format }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["exports", "shares"] }),
  });
  const isReady = audience !== "" && name.trim() !== "" && columns.length > 0;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady) make.mutate();
  };
  if (make.data) return <Made url={make.data.url} until={make.data.expires_at} onClose={() => onClose(true)} />;
  return (
    <Dialog onClose={() => onClose(false)} title={t.title} size="lg">
      <form className="stack roomy" noValidate onSubmit={submit}>
        <p className="dim">{t.text}</p>
        <ChooseAudience value={audience} onChange={setAudience} />
        <TextInput label={t.name} description={t.nameHint} maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <ChooseColumns value={columns} onChange={setColumns} />
        <div className="exports-two">
          <NativeSelect label={t.until} value={hours} data={times.map((value) => ({ value, label: t.times[value] }))} onChange={(event) => setHours(event.currentTarget.value)} />
          <ChooseRows value={rows} onChange={setRows} />
          <NativeSelect label={texts.exports.newFile.format} value={format} data={formats.map((value) => ({ value, label: texts.exports.newFile.formats[value] }))} onChange={(event) => setFormat(event.currentTarget.value)} />
        </div>
        {make.error ? <ProblemNotice problem={make.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={() => onClose(false)}>{texts.everywhere.cancel}</Button>
          <Button type="submit" loading={make.isPending} disabled={!isReady}>{t.make}</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Closed by its button alone: a stray click must not lose what is shown once. */
function Made({ url, until, onClose }: { readonly url: string; readonly until: string; readonly onClose: () => void }): ReactNode {
  return (
    <Dialog onClose={onClose} title={t.madeTitle} size="lg" hasCross={false} isHeld>
      <div className="stack" role="status">
        <p>{t.madeText(absoluteTime(Date.parse(until)))}</p>
        <div className="row"><code className="mono exports-link grow" dir="ltr">{url}</code><CopyIcon value={url} /></div>
        <div className="row" style={{ justifyContent: "flex-end" }}><Button onClick={onClose} data-autofocus>{t.done}</Button></div>
      </div>
    </Dialog>
  );
}
