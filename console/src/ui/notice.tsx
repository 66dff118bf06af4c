// What went wrong and what to do, and what will be where nothing is yet.
import { Button, Code } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../texts/texts.ts";
import { Told as Hint } from "./told.tsx";

/** The parts of an error that people see; ApiProblem has them. */
interface Told {
  readonly message: string;
  readonly code?: string;
  readonly hint?: string;
  readonly requestId?: string;
}

export function ProblemNotice({ problem, onRetry }: { readonly problem: Error; readonly onRetry?: () => void }): ReactNode {
  const told: Told = problem;
  return (
    <div className="notice" data-tone="bad" role="alert">
      <IconAlertCircle size={18} aria-hidden />
      <div className="stack grow">
        <div><strong>{told.message}</strong>{told.hint ? <div><Hint text={told.hint} /></div> : null}</div>
        <div className="row wrap dim">
          {told.code ? <Code>{told.code}</Code> : null}
          {told.requestId ? <span className="mono">{texts.everywhere.requestId} {told.requestId}</span> : null}
        </div>
        {onRetry ? <div><Button variant="default" onClick={onRetry}>{texts.everywhere.retry}</Button></div> : null}
      </div>
    </div>
  );
}

export interface EmptyProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text: string;
  readonly action?: ReactNode;
}

export function Empty({ icon, title, text, action }: EmptyProps): ReactNode {
  return <div className="empty">{icon}<h2>{title}</h2><p>{text}</p>{action ? <div className="action">{action}</div> : null}</div>;
}

/** A line where text will be; `width` in percent. */
export function Bar({ width = 60 }: { readonly width?: number }): ReactNode {
  return <div className="bar" style={{ width: `${width}%` }} aria-hidden />;
}
