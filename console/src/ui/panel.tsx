// The right panel of a list: beside it where there is room, else a sheet above it. Escape closes it, and the focus goes back to where it was.
import { ActionIcon, Drawer } from "@mantine/core";
import { useMediaQuery, useWindowEvent } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { useRef, type ReactNode } from "react";
import { texts } from "../texts/texts.ts";
import { LAYERS, useFocusBack } from "./focus-back.ts";

export interface PanelProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly onClose: () => void;
  /** Always a sheet above the page: for pages that are no list. */
  readonly over?: boolean;
  readonly children: ReactNode;
}

export function Panel({ title, actions, onClose, over = false, children }: PanelProps): ReactNode {
  const hasRoom = useMediaQuery("(min-width: 1100px)", true, { getInitialValueInEffect: false });
  const isSheet = !hasRoom || over;
  const head = useRef<HTMLDivElement>(null);
  useFocusBack();
  // Before what lies over it has taken the key: it shows then whose it is.
  useWindowEvent("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && isMeant(event.target, head.current, isSheet)) onClose();
  }, { capture: true });
  const content = (
    <>
      <div className="panel-head" ref={head}>
        <h2 className="grow cut">{title}</h2>
        {actions}
        <ActionIcon onClick={onClose} aria-label={texts.everywhere.close}><IconX size={16} /></ActionIcon>
      </div>
      <div className="panel-body">{children}</div>
    </>
  );
  if (!isSheet) return <aside className="panel" aria-label={title}>{content}</aside>;
  return (
    <Drawer.Root opened onClose={onClose} closeOnEscape={false} position="right" size="min(560px, 100vw)" padding={0}>
      <Drawer.Overlay />
      <Drawer.Content aria-label={title}><Drawer.Body>{content}</Drawer.Body></Drawer.Content>
    </Drawer.Root>
  );
}

/** Whether an Escape there means the panel: not one in a dialog or a menu over it, in what has an Escape of its own, or in a field beside it. */
function isMeant(target: EventTarget | null, panel: HTMLElement | null, isSheet: boolean): boolean {
  if (!(target instanceof HTMLElement)) return true;
  if (target.dataset["mantineStopPropagation"] === "true" || target.closest("[data-own-escape]")) return false;
  const layer = target.closest(LAYERS);
  if (layer !== null && !layer.contains(panel)) return false;
  return isSheet || !target.matches("input, textarea, select, [contenteditable]");
}
