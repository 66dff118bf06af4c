// What can be read in SQL.
import { queryOptions } from "@tanstack/react-query";
import type { SqlView } from "@tributary/schema/api/sql.ts";
import { read } from "../../api.ts";

export const viewsQuery = queryOptions({ queryKey: ["sql-views"], queryFn: ({ signal }) => read<{ data: readonly SqlView[] }>("/sql/views", {}, signal) });
