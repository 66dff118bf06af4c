// The frame of the settings: its sections at the side, or in a choice above where there is no room; the section beside it.
import { NativeSelect } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Empty } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { sessionQuery } from "../accounts/session.ts";
import { sectionsFor, settingsSections } from "./settings-sections.ts";
import "./settings.css";

const t = texts.settings;

export function SettingsLayout(): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const sections = sectionsFor(session);
  const isAt = ({ path }: { readonly path: string }): boolean => pathname === path || pathname.startsWith(`${path}/`);
  const current = sections.find(isAt);
  const isClosed = current === undefined && settingsSections.some(isAt);
  return (
    <div className="settings">
      <nav className="settings-nav" aria-label={t.label}>
        <div className="settings-title" aria-hidden>{t.title}</div>
        {sections.map(({ path, text, Icon }) => (
          <Link key={path} to={path} className="nav-item" activeProps={{ className: "active" }}><Icon size={18} stroke={1.6} aria-hidden />{text}</Link>
        ))}
      </nav>
      <div className="settings-choice">
        <NativeSelect
          aria-label={t.choose} data={sections.map(({ path, text }) => ({ value: path, label: text }))} value={current?.path}
          onChange={(event) => void navigate({ to: event.currentTarget.value })}
        />
      </div>
      <div className="settings-body">
        {isClosed ? <Page title={t.title}><Empty icon={<IconLock size={28} stroke={1.4} />} title={t.forbidden.title} text={t.forbidden.text} /></Page> : <Outlet />}
      </div>
    </div>
  );
}
