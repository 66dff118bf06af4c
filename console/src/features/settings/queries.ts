// What the settings ask of the server.
import { queryOptions } from "@tanstack/react-query";
import type { LimitList } from "@tributary/schema/api/limits.ts";
import type { SettingsAnswer, TokenAnswer, TokenList, WorkspaceAnswer } from "@tributary/schema/api/workspace.ts";
import { read } from "../../api.ts";

const PAGE = 200;
const PAGES_MAX = 20;

export const workspaceQuery = queryOptions({ queryKey: ["workspace"], queryFn: ({ signal }) => read<WorkspaceAnswer>("/workspace", {}, signal) });
export const settingsQuery = queryOptions({ queryKey: ["settings"], queryFn: ({ signal }) => read<SettingsAnswer>("/settings", {}, signal) });
export const limitsQuery = queryOptions({ queryKey: ["limits"], queryFn: ({ signal }) => read<LimitList>("/limits", {}, signal), staleTime: Infinity });
export const tokensQuery = queryOptions({ queryKey: ["tokens"], queryFn: ({ signal }) => readTokens(signal) });

async function readTokens(signal: AbortSignal): Promise<readonly TokenAnswer[]> {
  const tokens: TokenAnswer[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer: TokenList = await read<TokenList>("/tokens", { limit: PAGE, cursor }, signal);
    tokens.push(...answer.data);
    if (answer.next_cursor === null) break;
    cursor = answer.next_cursor;
  }
  return tokens;
}
