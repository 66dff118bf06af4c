// The frame around every page for somebody who is signed in: navigation, palette, keyboard, and where errors of a page end.
import { ActionIcon, Drawer } from "@mantine/core";
import { useDisclosure, useHotkeys, useLocalStorage } from "@mantine/hooks";
import { spotlight } from "@mantine/spotlight";
import { IconMenu2, IconSearch } from "@tabler/icons-react";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Outlet, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";
import { signOut, useWorkspace } from "../api.ts";
import { sessionQuery } from "../features/accounts/session.ts";
import { TopBell } from "../features/alerts/alert-bell.tsx";
import { DemoBar } from "../features/start/demo-bar.tsx";
import { texts } from "../texts/texts.ts";
import { Dialog } from "../ui/dialog.tsx";
import { focusPageIfLost } from "../ui/focus-back.ts";
import { Mark } from "../ui/mark.tsx";
import { Navigation } from "./navigation.tsx";
import { Palette } from "./palette.tsx";
import "./shell.css";

const t = texts.navigation;

export function Shell(): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const [isCollapsed, setCollapsed] = useLocalStorage({ key: "tributary.navigation", defaultValue: false, getInitialValueInEffect: false });
  const [isSheetOpen, sheet] = useDisclosure(false);
  const [areKeysOpen, keys] = useDisclosure(false);
  const navigate = useNavigate();
  const client = useQueryClient();
  const router = useRouter();
  // What was pressed on the page before is gone with it.
  useEffect(() => router.subscribe("onRendered", ({ pathChanged }) => pathChanged && focusPageIfLost()), [router]);
  useHotkeys([["?", keys.open], ["shift+?", keys.open], ["/", focusSearch]]);
  const leave = async (): Promise<void> => {
    await signOut();
    // First away from what shows who is signed in: it would ask again at once, and be refused.
    await navigate({ to: "/sign-in" });
    client.clear();
  };
  const enter = (slug: string): void => {
    useWorkspace(slug);
    location.assign("/"); // Nothing of one workspace may stay in memory in another.
  };
  const common = { session, onSignOut: () => void leave(), onWorkspace: enter };
  return (
    <div className={isCollapsed ? "shell collapsed" : "shell"}>
      <a className="skip" href="#main">{texts.everywhere.skip}</a>
      <Navigation {...common} isCollapsed={isCollapsed} onToggle={() => setCollapsed(!isCollapsed)} />
      <div className="topbar">
        <ActionIcon onClick={sheet.open} aria-label={t.open}><IconMenu2 size={20} /></ActionIcon>
        <Mark size={20} /><strong className="grow cut"><bdi>{session.workspace.name}</bdi></strong>
        <TopBell />
        <ActionIcon onClick={spotlight.open} aria-label={t.search}><IconSearch size={18} /></ActionIcon>
      </div>
      <Drawer.Root opened={isSheetOpen} onClose={sheet.close} size={264} padding={0}>
        <Drawer.Overlay />
        <Drawer.Content aria-label={t.label}><Drawer.Body><Navigation {...common} className="in-sheet" isCollapsed={false} onGo={sheet.close} /></Drawer.Body></Drawer.Content>
      </Drawer.Root>
      <main id="main" className="shell-main" tabIndex={-1}><DemoBar /><Outlet /></main>
      <Palette {...common} onShortcuts={keys.open} />
      {areKeysOpen ? (
        <Dialog onClose={keys.close} title={texts.shortcuts.title}>
          <dl className="keys">{texts.shortcuts.list.map(([key, text]) => [<dt key={key} className="mono">{key}</dt>, <dd key={text}>{text}</dd>])}</dl>
        </Dialog>
      ) : null}
    </div>
  );
}

/** The page's own search, or else the palette. */
function focusSearch(): void {
  const search = document.querySelector<HTMLInputElement>("[data-search]");
  if (search) search.focus();
  else spotlight.open();
}
