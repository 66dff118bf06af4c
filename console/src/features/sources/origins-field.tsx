// A field for allowed origins, one a line, which says at once what is wrong with a line.
import { Textarea } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { originProblems, originsOf } from "./origins.ts";

const t = texts.sources.origins;

export interface OriginsFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly isFocused?: boolean;
}

export function OriginsField({ value, onChange, isFocused = false }: OriginsFieldProps): ReactNode {
  const [first, ...others] = originProblems(originsOf(value));
  return (
    <Textarea
      label={t.label} description={t.description} placeholder="https://shop.example.com" autosize minRows={2} maxRows={8} value={value} spellCheck={false}
      data-autofocus={isFocused || undefined} autoFocus={isFocused} onChange={(event) => onChange(event.currentTarget.value)}
      error={first ? <><bdi>{first.text}</bdi>: {t.problems[first.problem]}{others.length > 0 ? ` ${t.more(others.length)}` : ""}</> : undefined}
    />
  );
}
