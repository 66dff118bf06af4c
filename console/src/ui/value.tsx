// A value that a stranger sent, on one line: isolated, so that its writing direction changes nothing around it.
import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { initials, valueText } from "./format.ts";

export function Value({ value, note }: { readonly value: unknown; readonly note?: string }): ReactNode {
  const text = valueText(value);
  const shown = <bdi className="cut">{text}</bdi>;
  return note === undefined ? shown : <Tooltip label={note}>{shown}</Tooltip>;
}

export function Face({ name, isAnonymous, isLarge = false }: { readonly name: string; readonly isAnonymous: boolean; readonly isLarge?: boolean }): ReactNode {
  return <span className={`face${isLarge ? " large" : ""}${isAnonymous ? " anonymous" : ""}`} aria-hidden><bdi>{isAnonymous ? "–" : initials(name)}</bdi></span>;
}
