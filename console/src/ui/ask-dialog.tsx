// A question before something is done: what it would do, what went wrong in doing it, the way back and the one action.
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/texts.ts";
import { Dialog } from "./dialog.tsx";
import { ProblemNotice } from "./notice.tsx";

export interface AskDialogProps {
  readonly title: string;
  readonly action: ReactNode;
  readonly error: Error | null;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function AskDialog({ title, action, error, onClose, children }: AskDialogProps): ReactNode {
  return (
    <Dialog onClose={onClose} title={title}>
      <div className="stack">
        {children}
        {error ? <ProblemNotice problem={error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}><Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>{action}</div>
      </div>
    </Dialog>
  );
}
