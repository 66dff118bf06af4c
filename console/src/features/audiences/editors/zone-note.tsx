// Which time zone the workspace's is, where a window begins at midnight, and beside a day that something is compared with.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { namesNoZone } from "@tributary/schema/audience/value.ts";
import { texts } from "../../../texts/texts.ts";
import { zoneName } from "../../../ui/zones.ts";
import { workspaceQuery } from "../../settings/queries.ts";
import type { WindowKind } from "../model/window-words.ts";

export function ZoneNote({ kind }: { readonly kind: WindowKind }): ReactNode {
  const { data } = useQuery(workspaceQuery);
  return data !== undefined && (kind === "period" || kind === "between") ? texts.audiences.window.zoneOfWorkspace(zoneName(data.time_zone)) : null;
}

/** By whose clock a day or a time is meant that names no zone. */
export function ByClockOf({ value }: { readonly value: unknown }): ReactNode {
  const { data } = useQuery(workspaceQuery);
  if (data === undefined || typeof value !== "string" || !namesNoZone(value)) return null;
  return <span className="dim small-note" title={texts.audiences.window.zoneOfWorkspace(zoneName(data.time_zone))}>{zoneName(data.time_zone)}</span>;
}
