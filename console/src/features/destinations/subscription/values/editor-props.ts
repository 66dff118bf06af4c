// What the editor of each kind of value gets.
import type { ComponentType } from "react";
import type { Field } from "@tributary/schema/destination/definition.ts";
import type { Filling, ValueForm, ValueKind } from "../model/value-form.ts";

export interface ValueEditorProps {
  readonly value: Filling;
  readonly onChange: (value: Filling) => void;
  /** Undefined: of what goes there, nothing is known. */
  readonly field: Field | undefined;
  /** What is filled, for those who do not see where it stands. */
  readonly label: string;
  /** Something must stand here, as in a list. */
  readonly isNeeded?: boolean;
}

export interface EditorProps<Kind extends ValueKind> {
  readonly form: Extract<ValueForm, { readonly kind: Kind }>;
  readonly onChange: (form: ValueForm) => void;
  readonly field: Field | undefined;
  readonly label: string;
  /** The editor of a part, which is a value again. */
  readonly Part: ComponentType<ValueEditorProps>;
}
