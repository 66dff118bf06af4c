// JSON exactly as it is, laid out and coloured; what is very long is laid out without colours, which would be slow.
import { useMemo, type ReactNode } from "react";
import { markedParts, type JsonPlace } from "./json-marks.ts";
import { prettyJson } from "./json-text.ts";

const COLOURED_MAX = 60_000;
const nowhere: readonly JsonPlace[] = [];

export interface JsonProps {
  readonly text: string;
  readonly label: string;
  /** What stands out: where a fault lies. */
  readonly places?: readonly JsonPlace[];
}

export function Json({ text, label, places = nowhere }: JsonProps): ReactNode {
  const content = useMemo(() => {
    if (text.length > COLOURED_MAX) return prettyJson(text);
    return markedParts(text, places).map((part, index) => {
      if (part.isMarked) return <mark key={index} className={part.kind}>{part.text}</mark>;
      return part.kind === "mark" ? part.text : <span key={index} className={part.kind}>{part.text}</span>;
    });
  }, [text, places]);
  return <pre className="code" tabIndex={0} aria-label={label} dir="ltr">{content}</pre>;
}
