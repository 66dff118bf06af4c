// A dialog over the page. Escape, its cross and a click beside it close it, and the focus goes back to where it was.
import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/texts.ts";
import { useFocusBack } from "./focus-back.ts";

export interface DialogProps {
  readonly title: ReactNode;
  readonly size?: string;
  readonly hasCross?: boolean;
  /** Neither Escape nor a click beside it closes it: something is under way, or shows only once. */
  readonly isHeld?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Open as long as it is mounted. */
export function Dialog({ title, size, hasCross = true, isHeld = false, onClose, children }: DialogProps): ReactNode {
  useFocusBack();
  return (
    <Modal
      opened onClose={onClose} title={title} {...(size === undefined ? {} : { size })} withCloseButton={hasCross} closeButtonProps={{ "aria-label": texts.everywhere.close }}
      closeOnClickOutside={!isHeld} closeOnEscape={!isHeld}
    >
      {children}
    </Modal>
  );
}
