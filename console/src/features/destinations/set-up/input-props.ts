// What each input of a declared field is given.
import type { ReactNode } from "react";
import type { Field } from "@tributary/schema/destination/definition.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { isNothing, type FormField } from "./form-fields.ts";

/** Of which action of which destination the field is, and what is filled in besides: choices of one field may depend on another. */
export interface Offering {
  readonly destination: string;
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface FieldInputProps {
  readonly form: FormField;
  readonly value: unknown;
  readonly problem: string | undefined;
  readonly disabled?: boolean | undefined;
  /** Who can be asked for the choices of a dynamic field. */
  readonly offering?: Offering | undefined;
  readonly onChange: (value: unknown) => void;
}

export interface CommonProps {
  readonly id: string;
  readonly label: string;
  readonly description: ReactNode;
  readonly error: ReactNode;
  readonly withAsterisk: boolean;
  readonly "aria-required": boolean;
  readonly disabled: boolean;
}

/** By which the first field with a problem is found. */
export const inputId = (key: string): string => `field-${key}`;

export interface InputProps extends CommonProps {
  readonly field: Field;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

export const textOf = (value: unknown): string => (isNothing(value) || isRecord(value) ? "" : String(value));
