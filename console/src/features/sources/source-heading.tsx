// The name of a source, changed where it stands; and the switch that turns a source off, which is asked, for what its SDKs send
// meanwhile is lost.
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPencil, IconPower } from "@tabler/icons-react";
import { useState, type FormEvent, type ReactNode } from "react";
import type { SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { useSourceChange } from "./source-changes.ts";

const t = texts.sources;

export function SourceName({ source, mayChange }: { readonly source: SourceAnswer; readonly mayChange: boolean }): ReactNode {
  const [name, setName] = useState<string>();
  const changing = useSourceChange(source);
  const save = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = name?.trim() ?? "";
    setName(undefined);
    if (wanted !== "" && wanted !== source.name) changing.mutate({ patch: { name: wanted }, undo: { name: source.name }, said: t.renamed(wanted) });
  };
  if (name === undefined) {
    return (
      <div className="row">
        <h1><bdi>{source.name}</bdi></h1>
        {mayChange ? <ActionIcon aria-label={t.rename} onClick={() => setName(source.name)}><IconPencil size={16} /></ActionIcon> : null}
      </div>
    );
  }
  return (
    <form className="row wrap" onSubmit={save} onKeyDown={(event) => { if (event.key === "Escape") setName(undefined); }}>
      <h1 className="visually-hidden">{source.name}</h1>
      <TextInput aria-label={t.columns.name} value={name} maxLength={200} autoFocus onFocus={(event) => event.currentTarget.select()} onChange={(event) => setName(event.currentTarget.value)} />
      <Button type="submit" disabled={name.trim() === ""}>{texts.everywhere.save}</Button>
      <Button variant="default" onClick={() => setName(undefined)}>{texts.everywhere.cancel}</Button>
    </form>
  );
}

export function SourceSwitch({ source, received }: { readonly source: SourceAnswer; readonly received: number | undefined }): ReactNode {
  const [isAsking, setIsAsking] = useState(false);
  const changing = useSourceChange(source);
  const turn = (enabled: boolean): void => changing.mutate({ patch: { enabled }, undo: { enabled: !enabled }, said: enabled ? t.switchedOn : t.switchedOff });
  if (!source.enabled) return <Button leftSection={<IconPower size={15} />} onClick={() => turn(true)}>{t.switchOn}</Button>;
  return (
    <>
      <Button variant="default" leftSection={<IconPower size={15} />} onClick={() => setIsAsking(true)}>{t.switchOff}</Button>
      {isAsking ? (
        <AskDialog title={t.switchOffTitle(source.name)} error={null} onClose={() => setIsAsking(false)}
          action={<Button color="red" onClick={() => { setIsAsking(false); turn(false); }}>{t.switchOff}</Button>}
        >
          <p>{t.switchOffText(received)}</p>
        </AskDialog>
      ) : null}
    </>
  );
}
