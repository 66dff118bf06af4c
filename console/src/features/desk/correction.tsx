// Correcting one trait by hand, or adding one.
import { Button, TextInput } from "@mantine/core";
import { useState, type FormEvent, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { useRecord } from "./queries.ts";

const t = texts.desk;

export interface CorrectionProps {
  readonly personId: string;
  /** undefined: a new one, whose name is asked for. */
  readonly trait: string | undefined;
  readonly value: unknown;
  readonly isMasked: boolean;
  readonly onClose: () => void;
}

export function Correction({ personId, trait, value, isMasked, onClose }: CorrectionProps): ReactNode {
  const { record } = useRecord(personId);
  const [name, setName] = useState(trait ?? "");
  // What is masked is not offered for editing: dots would be saved in its place.
  const [text, setText] = useState(!isMasked && (typeof value === "string" || typeof value === "number" || typeof value === "boolean") ? String(value) : "");
  const save = (next: string | number | boolean | null): void =>
    record.mutate({ path: "/corrections", body: { trait: name, value: next }, done: t.done.corrected }, { onSuccess: onClose });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (name !== "" && text !== "") save(sameKind(text, isMasked ? undefined : value));
  };
  return (
    <Dialog onClose={onClose} title={trait === undefined ? t.addTrait : t.correctTitle(trait.slice(0, 80))}>
      <form className="stack-wide" onSubmit={submit}>
        <p className="dim">{t.correctText}{isMasked ? ` ${t.masked}` : ""}</p>
        {trait === undefined ? <TextInput label={t.traitName} required withAsterisk={false} maxLength={512} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} /> : null}
        <TextInput label={t.newValue} maxLength={4_000} {...(trait === undefined ? {} : { "data-autofocus": true })} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <div className="row">
          <Button type="submit" loading={record.isPending} disabled={name === "" || text === ""}>{t.save}</Button>
          {trait === undefined ? null : <Button variant="subtle" color="red" disabled={record.isPending} onClick={() => save(null)}>{t.remove}</Button>}
        </div>
      </form>
    </Dialog>
  );
}

/** A number stays a number, and yes or no stays that, where what is typed can be one. */
function sameKind(text: string, before: unknown): string | number | boolean {
  if (typeof before === "number" && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  if (typeof before === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}
