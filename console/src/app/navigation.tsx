// The left navigation: what exists, and nothing else.
import { Menu, Tooltip } from "@mantine/core";
import { spotlight } from "@mantine/spotlight";
import {
  IconActivity,
  IconBell,
  IconBook2,
  IconCalculator,
  IconCheck,
  IconDatabaseSearch,
  IconFileExport,
  IconGitMerge,
  IconHandStop,
  IconHome,
  IconInfoCircle,
  IconListDetails,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconLogout,
  IconPlugConnected,
  IconRocket,
  IconSearch,
  IconSelector,
  IconSend,
  IconSettings,
  IconTable,
  IconShieldSearch,
  IconUser,
  IconUsers,
  IconUsersGroup,
  type Icon,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Scope } from "@tributary/schema/api/answer-parts.ts";
import { may, type Session } from "../features/accounts/session.ts";
import { AlertBell } from "../features/alerts/alert-bell.tsx";
import { TaskTray } from "../features/tasks/task-tray.tsx";
import { texts } from "../texts/texts.ts";
import { Mark } from "../ui/mark.tsx";
import { SchemeItems } from "./scheme-items.tsx";

const t = texts.navigation;

export const places = [
  { to: "/", text: t.home, Icon: IconHome },
  { to: "/alerts", text: t.alerts, Icon: IconBell },
  { to: "/sources", text: t.sources, Icon: IconPlugConnected },
  { to: "/live", text: t.live, Icon: IconActivity },
  { to: "/held", text: t.held, Icon: IconHandStop },
  { to: "/schema", text: t.schema, Icon: IconListDetails },
  { to: "/profiles", text: t.profiles, Icon: IconUsers },
  { to: "/audiences", text: t.audiences, Icon: IconUsersGroup },
  { to: "/destinations", text: t.destinations, Icon: IconSend },
  { to: "/models", text: t.models, Icon: IconTable },
  { to: "/computed-traits", text: t.computed, Icon: IconCalculator },
  { to: "/identity", text: t.merges, Icon: IconGitMerge },
  { to: "/sql", text: t.sql, Icon: IconDatabaseSearch },
  { to: "/exports", text: t.exports, Icon: IconFileExport },
  { to: "/audit", text: t.audit, Icon: IconShieldSearch, scope: "audit" },
  { to: "/start", text: t.start, Icon: IconRocket, scope: "admin" },
  { to: "/settings", text: t.settings, Icon: IconSettings },
] as const satisfies readonly Place[];

interface Place {
  readonly to: string;
  readonly text: string;
  readonly Icon: Icon;
  /** Without it, the place is not shown; without one, everybody may open it. */
  readonly scope?: Scope;
}

export function placesFor(session: Session) {
  return places.filter((place: Place) => place.scope === undefined || may(session, place.scope));
}

export interface NavigationProps {
  readonly session: Session;
  readonly isCollapsed: boolean;
  /** Without it there is no button to collapse. */
  readonly onToggle?: () => void;
  readonly onGo?: () => void;
  readonly onSignOut: () => void;
  readonly onWorkspace: (slug: string) => void;
  readonly className?: string;
}

export function Navigation(props: NavigationProps): ReactNode {
  const { session, isCollapsed, onToggle, onGo, className = "" } = props;
  return (
    <nav className={`nav ${className}`} aria-label={t.label}>
      <WorkspaceName {...props} />
      <Hint text={t.search} isOn={isCollapsed}>
        <button type="button" className="nav-item nav-find" onClick={() => { onGo?.(); spotlight.open(); }} {...(isCollapsed && { "aria-label": t.search })}>
          <IconSearch size={16} aria-hidden />{isCollapsed ? null : <>{t.search}<kbd>⌘K</kbd></>}
        </button>
      </Hint>
      {placesFor(session).map(({ to, text, Icon }) => (to === "/alerts" ? <AlertBell key={to} isCollapsed={isCollapsed} onGo={onGo} /> : (
        <Hint key={to} text={text} isOn={isCollapsed}>
          <Link to={to} className="nav-item" activeProps={{ className: "active" }} activeOptions={{ exact: to === "/" }} aria-label={text} {...(onGo && { onClick: onGo })}>
            <Icon size={18} stroke={1.6} aria-hidden />{isCollapsed ? null : text}
          </Link>
        </Hint>
      )))}
      <div className="nav-space" />
      <TaskTray isCollapsed={isCollapsed} onGo={onGo} />
      <Hint text={t.reference} isOn={isCollapsed}>
        <a className="nav-item" href="/api/docs" aria-label={t.reference}><IconBook2 size={18} stroke={1.6} aria-hidden />{isCollapsed ? null : t.reference}</a>
      </Hint>
      <Hint text={t.about} isOn={isCollapsed}>
        <Link to="/about" className="nav-item" activeProps={{ className: "active" }} aria-label={t.about} {...(onGo && { onClick: onGo })}>
          <IconInfoCircle size={18} stroke={1.6} aria-hidden />{isCollapsed ? null : t.about}
        </Link>
      </Hint>
      <AccountMenu who={session.who} isCollapsed={isCollapsed} onSignOut={props.onSignOut} />
      {onToggle ? (
        <Hint text={t.expand} isOn={isCollapsed}>
          <button type="button" className="nav-item" onClick={onToggle} aria-label={isCollapsed ? t.expand : t.collapse} aria-expanded={!isCollapsed}>
            {isCollapsed ? <IconLayoutSidebarLeftExpand size={18} stroke={1.6} aria-hidden /> : <IconLayoutSidebarLeftCollapse size={18} stroke={1.6} aria-hidden />}
            {isCollapsed ? null : t.collapse}
          </button>
        </Hint>
      ) : null}
    </nav>
  );
}

function WorkspaceName({ session, isCollapsed, onWorkspace }: NavigationProps): ReactNode {
  const name = <><Mark size={22} />{isCollapsed ? null : <bdi className="cut">{session.workspace.name}</bdi>}</>;
  if (session.workspaces.length < 2) return <div className="nav-brand" title={session.workspace.name}>{name}</div>;
  return (
    <Menu position="bottom-start" width={200}>
      <Menu.Target><button type="button" className="nav-item nav-brand" aria-label={`${t.workspace}: ${session.workspace.name}`}>{name}{isCollapsed ? null : <IconSelector className="nav-switch" size={14} aria-hidden />}</button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t.workspace}</Menu.Label>
        {session.workspaces.map(({ slug, name: one }) => <Menu.Item key={slug} onClick={() => onWorkspace(slug)} disabled={slug === session.workspace.slug} rightSection={slug === session.workspace.slug ? <IconCheck size={14} aria-hidden /> : null}><bdi>{one}</bdi></Menu.Item>)}
      </Menu.Dropdown>
    </Menu>
  );
}

function AccountMenu({ who, isCollapsed, onSignOut }: { readonly who: string; readonly isCollapsed: boolean; readonly onSignOut: () => void }): ReactNode {
  return (
    <Menu position="right-end" width={208}>
      <Menu.Target>
        <button type="button" className="nav-item" aria-label={who}><IconUser size={18} stroke={1.6} aria-hidden />{isCollapsed ? null : <bdi className="cut">{who}</bdi>}</button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t.scheme.label}</Menu.Label>
        <SchemeItems />
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={onSignOut}>{t.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Hint({ text, isOn, children }: { readonly text: string; readonly isOn: boolean; readonly children: ReactNode }): ReactNode {
  return <Tooltip label={text} position="right" disabled={!isOn}>{children}</Tooltip>;
}
