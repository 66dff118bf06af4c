// A fact in a list of facts that is changed where it stands: a button opens its field, Enter or Save keeps it, Escape leaves it.
import { ActionIcon, Button } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent, type ReactNode } from "react";
import { texts } from "../texts/texts.ts";

export interface EditInPlaceProps {
  readonly label: string;
  /** What stands there while it is not edited. */
  readonly shown: ReactNode;
  readonly isEditable: boolean;
  /** Called anew each time that editing begins. */
  readonly begin: () => void;
  readonly field: ReactNode;
  /** False while what is typed can't be kept. */
  readonly isValid: boolean;
  readonly onSave: () => void;
}

export function EditInPlace({ label, shown, isEditable, begin, field, isValid, onSave }: EditInPlaceProps): ReactNode {
  const [isEditing, setIsEditing] = useState(false);
  const wasEditing = useRef(false);
  const button = useRef<HTMLButtonElement>(null);
  // The field, gone again, took the focus with it.
  useEffect(() => {
    if (!isEditing && wasEditing.current) button.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);
  const save = (event: FormEvent): void => {
    event.preventDefault();
    if (!isValid) return;
    setIsEditing(false);
    onSave();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") setIsEditing(false);
  };
  if (!isEditing) {
    return (
      <div className="row">
        <div className="grow">{shown}</div>
        {isEditable ? <ActionIcon ref={button} size={24} aria-label={texts.everywhere.edit(label)} onClick={() => { begin(); setIsEditing(true); }}><IconPencil size={14} /></ActionIcon> : null}
      </div>
    );
  }
  return (
    <form className="stack" data-own-escape onSubmit={save} onKeyDown={onKeyDown}>
      {field}
      <div className="row"><Button type="submit" disabled={!isValid}>{texts.everywhere.save}</Button><Button variant="default" onClick={() => setIsEditing(false)}>{texts.everywhere.cancel}</Button></div>
    </form>
  );
}
