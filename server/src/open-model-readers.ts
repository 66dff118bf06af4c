// Where models read: the warehouses that a workspace has connected, and its own tables. What a warehouse says is wrong becomes the run's
// problem. A run reads people as they are; a preview as whoever asks for it sees them, or one could ask for values that are hidden.
import type { Pool } from "pg";
import { AppError } from "./core/errors.ts";
import { RunProblem, type ModelReader, type OpenReader } from "./models/models.ts";
import { tributaryWarehouse, type SqlService } from "./sql/sql.ts";
import { openStoredWarehouse, WarehouseError, type Warehouse, type WarehouseOpening } from "./warehouses/warehouses.ts";

export interface ModelPlaces extends WarehouseOpening {
  readonly pool: Pool;
  /** The views of a workspace's own tables. */
  readonly own: SqlService;
}

export function openModelReaders({ pool, own, ...opening }: ModelPlaces): OpenReader {
  const open = async (workspaceId: number, slug: string): Promise<Warehouse> => {
    const db = await pool.connect();
    try {
      return await openStoredWarehouse(db, opening, workspaceId, slug);
    } finally {
      db.release();
    }
  };
  return async (workspaceId, slug, { isMasked } = { isMasked: false }) => {
    if (slug === null) return readerOf(tributaryWarehouse(own, { workspaceId, isMasked }));
    return readerOf(await open(workspaceId, slug).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      throw new RunProblem({ code: `warehouse_${error.code}`, message: error.code === "not_found" ? `There is no warehouse \`${slug}\`.` : error.message }, { cause: error });
    }));
  };
}

function readerOf(warehouse: Warehouse): ModelReader {
  return {
    async *read(query, options) {
      try {
        yield* warehouse.read(query, options);
      } catch (error) {
        toProblem(error);
      }
    },
    preview: (query, options) => warehouse.preview(query, options).catch(toProblem),
  };
}

function toProblem(error: unknown): never {
  if (error instanceof WarehouseError) throw new RunProblem({ code: `warehouse_${error.failure}`, message: error.message }, { cause: error });
  throw error;
}
