// A question before something is done: what it would do, what went wrong in doing it, the way back and the one action.
import { Button, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/texts.ts";
import { ProblemNotice } from "./notice.tsx";

export interface AskDialogProps {
  readonly title: string;
  readonly action: ReactNode;
  readonly error: Error | null;
  /** For one that stays mounted while it is closed. */
  readonly isOpen?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function AskDialog({ title, action, error, isOpen = true, onClose, children }: AskDialogProps): ReactNode {
  return (
    <Modal opened={isOpen} onClose={onClose} title={title} closeButtonProps={{ "aria-label": texts.everywhere.close }}>
      <div className="stack">
        {children}
        {error ? <ProblemNotice problem={error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}><Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>{action}</div>
      </div>
    </Modal>
  );
}
