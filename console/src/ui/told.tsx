// A sentence in which `words in backticks` are code, as the API's own texts write them.
import type { ReactNode } from "react";

export function Told({ text }: { readonly text: string }): ReactNode {
  return text.split("`").map((part, index) => (index % 2 === 1 ? <code key={index} className="word">{part}</code> : part));
}
