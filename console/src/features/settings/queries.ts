// What the settings ask of the server.
import { queryOptions } from "@tanstack/react-query";
import type { LimitList } from "@tributary/schema/api/limits.ts";
import type { VocabularyAnswer } from "@tributary/schema/api/vocabulary.ts";
import type { SettingsAnswer, TokenAnswer, WorkspaceAnswer } from "@tributary/schema/api/workspace.ts";
import { read, readAll } from "../../api.ts";

export const workspaceQuery = queryOptions({ queryKey: ["workspace"], queryFn: ({ signal }) => read<WorkspaceAnswer>("/workspace", {}, signal) });
export const settingsQuery = queryOptions({ queryKey: ["settings"], queryFn: ({ signal }) => read<SettingsAnswer>("/settings", {}, signal) });
export const limitsQuery = queryOptions({ queryKey: ["limits"], queryFn: ({ signal }) => read<LimitList>("/limits", {}, signal), staleTime: Infinity });
export const tokensQuery = queryOptions({ queryKey: ["tokens"], queryFn: ({ signal }) => readAll<TokenAnswer>("/tokens", signal) });
export const vocabularyQuery = queryOptions({ queryKey: ["vocabulary"], queryFn: ({ signal }) => read<VocabularyAnswer>("/vocabulary", {}, signal) });
