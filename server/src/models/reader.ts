// What models need of a warehouse; whatever server/src/warehouses opens can do it.
import type { ModelDefinition } from "@tributary/schema/model.ts";
import type { TypedColumn } from "./normalise-row.ts";

export type ModelQuery = ModelDefinition["query"];
export type Row = Readonly<Record<string, unknown>>;

export interface ModelColumn extends TypedColumn {
  readonly nativeType: string;
  readonly problem?: string | undefined;
}

export interface ModelReader {
  /** Batches in bounded memory. `onColumns` comes before the first. */
  read(query: ModelQuery, options: { readonly signal: AbortSignal; readonly timeoutMs?: number; readonly onColumns?: (columns: readonly ModelColumn[]) => void }): AsyncIterable<readonly Row[]>;
  preview(query: ModelQuery, options: { readonly signal: AbortSignal; readonly limit: number }): Promise<{ readonly columns: readonly ModelColumn[]; readonly rows: readonly Row[]; readonly isCut: boolean }>;
}

/**
 * `warehouse`: its slug; null: the workspace's own tables, of which `isMasked` gives values of people as masks. What is wrong is thrown as a
 * RunProblem.
 */
export type OpenReader = (workspaceId: number, warehouse: string | null, options?: { readonly isMasked: boolean }) => Promise<ModelReader>;
