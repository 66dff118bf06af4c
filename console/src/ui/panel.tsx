// The right panel of a list: beside it where there is room, else a sheet above it. Escape closes it.
import { ActionIcon, Drawer } from "@mantine/core";
import { useHotkeys, useMediaQuery } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../texts/texts.ts";

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
  useHotkeys([["Escape", onClose]]);
  const head = (
    <div className="panel-head">
      <h2 className="grow cut">{title}</h2>
      {actions}
      <ActionIcon onClick={onClose} aria-label={texts.everywhere.close}><IconX size={16} /></ActionIcon>
    </div>
  );
  if (hasRoom && !over) return <aside className="panel" aria-label={title}>{head}<div className="panel-body">{children}</div></aside>;
  return (
    <Drawer.Root opened onClose={onClose} position="right" size="min(560px, 100vw)" padding={0}>
      <Drawer.Overlay />
      <Drawer.Content aria-label={title}><Drawer.Body>{head}<div className="panel-body">{children}</div></Drawer.Body></Drawer.Content>
    </Drawer.Root>
  );
}
