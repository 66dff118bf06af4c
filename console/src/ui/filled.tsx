// A sentence with something drawn in its {braces}, so that a translator may put them where their language wants them.
import { Fragment, type ReactNode } from "react";

export function Filled({ text, parts }: { readonly text: string; readonly parts: Readonly<Record<string, ReactNode>> }): ReactNode {
  return text.split(/\{(\w+)\}/).map((piece, index) => <Fragment key={index}>{index % 2 === 1 ? (Object.hasOwn(parts, piece) ? parts[piece] : null) : piece}</Fragment>);
}

/** `a, b and c`. */
export function Listed({ items, and }: { readonly items: readonly ReactNode[]; readonly and: string }): ReactNode {
  return items.map((item, index) => <Fragment key={index}>{index === 0 ? "" : index === items.length - 1 ? and : ", "}{item}</Fragment>);
}
