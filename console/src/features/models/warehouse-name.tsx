// Where a model reads, as people call it.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { warehouseListQuery } from "./queries.ts";

/** `slug`: null of the workspace's own tables. One that is not in the list any more keeps its slug. */
export function WarehouseName({ slug }: { readonly slug: string | null }): ReactNode {
  const { data } = useQuery({ ...warehouseListQuery, enabled: slug !== null });
  return <span className="dim cut">{slug === null ? texts.models.ownTables : <bdi>{data?.data.find((one) => one.slug === slug)?.name ?? slug}</bdi>}</span>;
}
