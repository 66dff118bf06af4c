// JSON exactly as it is, laid out and coloured; what is very long is laid out without colours, which would be slow.
import { useMemo, type ReactNode } from "react";
import { jsonParts, prettyJson } from "./json-text.ts";

const COLOURED_MAX = 60_000;

export function Json({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const content = useMemo(() => {
    if (text.length > COLOURED_MAX) return prettyJson(text);
    return jsonParts(text).map((part, index) => (part.kind === "mark" ? part.text : <span key={index} className={part.kind}>{part.text}</span>));
  }, [text]);
  return <pre className="code" tabIndex={0} aria-label={label} dir="ltr">{content}</pre>;
}
