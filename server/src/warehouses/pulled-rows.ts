// Rows that are pulled one by one, or page by page, as batches.
import type { Row } from "./warehouse.ts";
import { warehouseLimits as limits } from "./warehouse.ts";

export interface SizedRow {
  readonly row: Row;
  /** About, as it travelled. */
  readonly bytes: number;
}

/** Batches of at most so many rows, and of about so many bytes; `rowsMax` rows in all. */
export function batchesOf(rows: AsyncIterator<SizedRow>, { batchRows, rowsMax }: { readonly batchRows: number; readonly rowsMax: number | undefined }): { next(): Promise<readonly Row[] | undefined>; close(): Promise<void> } {
  let left = rowsMax ?? Number.POSITIVE_INFINITY;
  return {
    async next() {
      const batch: Row[] = [];
      for (let bytes = 0; left > 0 && batch.length < batchRows && bytes < limits.batchBytes;) {
        const { done, value } = await rows.next();
        if (done === true) {
          left = 0;
          break;
        }
        batch.push(value.row);
        bytes += value.bytes;
        left -= 1;
      }
      return batch.length === 0 ? undefined : batch;
    },
    close: async () => void (await rows.return?.().catch(() => undefined)),
  };
}
