// Which time zone the workspace's is, where a window begins at midnight.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { zoneName } from "../../../ui/zones.ts";
import { workspaceQuery } from "../../settings/queries.ts";
import type { WindowKind } from "../model/window-words.ts";

export function ZoneNote({ kind }: { readonly kind: WindowKind }): ReactNode {
  const { data } = useQuery(workspaceQuery);
  return data !== undefined && (kind === "period" || kind === "between") ? texts.audiences.window.zoneOfWorkspace(zoneName(data.time_zone)) : null;
}
