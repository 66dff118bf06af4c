// A secret: typed once, and never shown again once it is kept. What is kept stays until another one is typed, or it is taken away.
import { Button, PasswordInput, Textarea } from "@mantine/core";
import type { ChangeEvent, ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import type { CommonProps } from "./input-props.ts";

const t = texts.setUp.fields;
const SECRET_LENGTH_MAX = 20_000;
const hidden = { input: "secret-text" };

interface SecretInputProps extends CommonProps {
  readonly isRequired: boolean;
  /** How the one that is kept ends. */
  readonly kept: string | undefined;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

/** Keys in files have lines, which an input of one line would lose. */
const hasLines = /ssh|ssl|private.?key|certificate|credentials|service.?account|\bpem\b/i;

export function SecretInput({ isRequired, kept, value, onChange, ...common }: SecretInputProps): ReactNode {
  const isTakenAway = value === null && kept !== undefined;
  const said = kept === undefined ? undefined : isTakenAway ? t.takenAway : t.kept(kept);
  const input = {
    autoComplete: "new-password", maxLength: SECRET_LENGTH_MAX, value: typeof value === "string" ? value : "", ...(said === undefined ? {} : { placeholder: said }),
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.value),
  };
  return (
    <div className="field-group">
      {hasLines.test(`${common.id} ${common.label}`) ? <Textarea {...common} {...input} autosize minRows={2} maxRows={8} spellCheck={false} classNames={hidden} /> : <PasswordInput {...common} {...input} />}
      {kept === undefined || isRequired || common.disabled ? null : (
        <div><Button variant="default" size="compact-sm" onClick={() => onChange(isTakenAway ? undefined : null)} aria-label={isTakenAway ? t.keepLabel(common.label) : t.takeAwayLabel(common.label)}>{isTakenAway ? t.keep : t.takeAway}</Button></div>
      )}
    </div>
  );
}
