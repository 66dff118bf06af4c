// A short word at the edge of the page about what has just been done, with a way back where there is one.
import { Button } from "@mantine/core";
import { Notifications, notifications } from "@mantine/notifications";
import { IconAlertCircle, IconCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../texts/texts.ts";

const STAYS_MS = 5_000;
/** Long enough to read, to decide and to reach the button. */
const STAYS_WITH_UNDO_MS = 10_000;

export interface Toast {
  readonly text: string;
  readonly tone?: "good" | "bad";
  /** Offers a way back; called at most once. */
  readonly onUndo?: () => void;
}

export function toast({ text, tone = "good", onUndo }: Toast): void {
  const id = notifications.show({
    message: (
      <div className="row">
        <span className="grow">{text}</span>
        {onUndo ? <Button variant="default" onClick={() => { notifications.hide(id); onUndo(); }}>{texts.everywhere.undo}</Button> : null}
      </div>
    ),
    color: tone === "good" ? "teal" : "red",
    icon: tone === "good" ? <IconCheck size={16} aria-hidden /> : <IconAlertCircle size={16} aria-hidden />,
    autoClose: onUndo ? STAYS_WITH_UNDO_MS : STAYS_MS,
    withBorder: true,
    closeButtonProps: { "aria-label": texts.everywhere.close },
  });
}

/** Where toasts appear; once, around everything. */
export function Toasts(): ReactNode {
  return <Notifications position="bottom-right" limit={3} />;
}
