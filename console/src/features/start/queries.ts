// The demo shop and its scenarios, read; often while something is going on, seldom otherwise.
import { queryOptions } from "@tanstack/react-query";
import type { DemoShopAnswer, ScenarioList } from "@tributary/schema/api/demo-shop.ts";
import type { RejectedKey, RejectedKeyList } from "@tributary/schema/api/workspace.ts";
import { read } from "../../api.ts";

const BUSY_MS = 1_000;
const QUIET_MS = 30_000;

export const demoShopQuery = queryOptions({
  queryKey: ["demo-shop"], queryFn: ({ signal }) => read<DemoShopAnswer>("/demo-shop", {}, signal), staleTime: BUSY_MS,
  refetchInterval: ({ state: { data } }) => (data?.state === "history" || data?.state === "removing" ? BUSY_MS : data?.state === "live" ? QUIET_MS : false),
});

export const scenariosQuery = queryOptions({
  queryKey: ["demo-shop", "scenarios"], queryFn: ({ signal }) => read<ScenarioList>("/demo-shop/scenarios", {}, signal), refetchInterval: 3_000,
});

/** Keys like this one that were turned away since; a server with several workspaces tells of unknown ones only by how they begin. */
export const rejectedLikeQuery = (key: string, since: string) => queryOptions({
  queryKey: ["start", "rejected", key.slice(0, 8), since],
  queryFn: async ({ signal }): Promise<readonly RejectedKey[]> => {
    const { data } = await read<RejectedKeyList>("/rejected-keys", { prefix: key.slice(0, 8) }, signal);
    const { data: others } = await read<RejectedKeyList>("/rejected-keys", {}, signal);
    return [...data, ...others].filter(({ last_at: at }) => at >= since);
  },
  refetchInterval: 3_000,
});
