// Stands at the foot of a page whose draft differs from what is saved, and is the only way to save it.
import { Button } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { texts } from "../../texts/texts.ts";

const t = texts.settings;

export interface SaveBarProps {
  /** Whether the draft can be saved as it is. */
  readonly isRight: boolean;
  readonly isSaving: boolean;
  readonly onSave: () => void;
  readonly onDiscard: () => void;
}

export function SaveBar({ isRight, isSaving, onSave, onDiscard }: SaveBarProps): ReactNode {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isRight) onSave();
  };
  return (
    <form className="row setting-bar" onSubmit={submit}>
      <Button type="submit" loading={isSaving} disabled={!isRight}>{t.save}</Button>
      <Button variant="default" onClick={onDiscard}>{t.discard}</Button>
      {isRight ? null : <span className="dim">{t.finishFirst}</span>}
    </form>
  );
}
