// How many alerts nobody looks after, beside the word that leads to them.
import { Indicator } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { shortNumber } from "../../ui/format.ts";
import { alertSummaryQuery } from "./queries.ts";
import "./alerts.css";

const t = texts.navigation;

/** What cannot be asked is not shown: the page itself says why. */
function useOpen(): number {
  return useQuery(alertSummaryQuery).data?.open ?? 0;
}

/** In the navigation, as one of its items. The figure is drawn by its style: the name of the link says it already. */
export function AlertBell({ isCollapsed, onGo }: { readonly isCollapsed: boolean; readonly onGo?: (() => void) | undefined }): ReactNode {
  const open = useOpen();
  const icon = <IconBell size={18} stroke={1.6} aria-hidden />;
  return (
    <Link to="/alerts" className="nav-item" activeProps={{ className: "active" }} aria-label={t.alertsOpen(open)} title={isCollapsed ? t.alertsOpen(open) : undefined} {...(onGo && { onClick: onGo })}>
      {isCollapsed ? <Indicator disabled={open === 0} color="red" size={8} offset={2}>{icon}</Indicator> : <>{icon}<span className="grow">{t.alerts}</span>{open > 0 ? <span className="alert-count" data-count={shortNumber(open)} /> : null}</>}
    </Link>
  );
}

/** Where the navigation is a sheet. */
export function TopBell(): ReactNode {
  const open = useOpen();
  return <Link to="/alerts" className="top-bell" aria-label={t.alertsOpen(open)}><IconBell size={18} stroke={1.6} aria-hidden />{open > 0 ? <span className="alert-count" data-count={shortNumber(open)} /> : null}</Link>;
}
