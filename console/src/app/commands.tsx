// What the palette offers besides people: places, things to make, workspaces to enter, and switches. Only what the caller may.
import { IconArrowsExchange, IconUsersGroup, IconFileImport, IconKey, IconKeyboard, IconLogout, IconMoon, IconSun, IconUserPlus } from "@tabler/icons-react";
import type { Icon } from "@tabler/icons-react";
import type { Scope } from "@tributary/schema/api/answer-parts.ts";
import { may, type Session } from "../features/accounts/session.ts";
import { sectionsFor } from "../features/settings/settings-sections.ts";
import { texts } from "../texts/texts.ts";

const t = texts.palette;

export interface Command {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  readonly Icon: Icon;
  readonly run: () => void;
}

export interface CommandDeps {
  readonly session: Session;
  readonly places: readonly { readonly to: string; readonly text: string; readonly Icon: Icon }[];
  readonly go: (to: string) => void;
  readonly onWorkspace: (slug: string) => void;
  readonly onScheme: (scheme: "light" | "dark") => void;
  readonly onShortcuts: () => void;
  readonly onSignOut: () => void;
}

export function commandsOf({ session, places, go, onWorkspace, onScheme, onShortcuts, onSignOut }: CommandDeps): readonly Command[] {
  const making: readonly { id: string; label: string; Icon: Icon; to: string; scope: Scope }[] = [
    { id: "new-token", label: t.newToken, Icon: IconKey, to: "/settings/tokens?new=true", scope: "admin" },
    { id: "new-audience", label: t.newAudience, Icon: IconUsersGroup, to: "/audiences/new", scope: "write" },
    { id: "audience-templates", label: t.audienceTemplates, Icon: IconUsersGroup, to: "/audiences?show=templates", scope: "read" },
    { id: "import", label: t.newImport, Icon: IconFileImport, to: "/imports/new", scope: "write" },
    { id: "imports", label: t.imports, Icon: IconFileImport, to: "/imports", scope: "read" },
    { id: "invite", label: t.invite, Icon: IconUserPlus, to: "/settings/members", scope: "admin" },
  ];
  return [
    ...places.map(({ to, text, Icon }) => ({ id: to, group: t.goTo, label: text, Icon, run: () => go(to) })),
    ...sectionsFor(session).map(({ path, text, Icon }) => ({ id: path, group: t.goTo, label: `${texts.settings.title}: ${text}`, Icon, run: () => go(path) })),
    ...making.filter(({ scope }) => may(session, scope)).map(({ id, label, Icon, to }) => ({ id, group: t.actions, label, Icon, run: () => go(to) })),
    ...session.workspaces.filter(({ slug }) => slug !== session.workspace.slug).map(({ slug, name }) => (
      { id: `workspace-${slug}`, group: t.actions, label: t.enter(name), Icon: IconArrowsExchange, run: () => onWorkspace(slug) })),
    { id: "light", group: t.actions, label: t.light, Icon: IconSun, run: () => onScheme("light") },
    { id: "dark", group: t.actions, label: t.dark, Icon: IconMoon, run: () => onScheme("dark") },
    { id: "shortcuts", group: t.actions, label: t.shortcuts, Icon: IconKeyboard, run: onShortcuts },
    { id: "sign-out", group: t.actions, label: texts.navigation.signOut, Icon: IconLogout, run: onSignOut },
  ];
}
