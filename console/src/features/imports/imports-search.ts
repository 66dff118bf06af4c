// What the addresses of the imports hold.
export interface ImportsSearch {
  /** The import in the panel. */
  readonly id?: number;
}

export interface NewImportSearch {
  /** The import whose mapping is used again. */
  readonly from?: number;
  /** The import that goes on with its file. */
  readonly resume?: number;
}

export function importsSearch({ id }: Record<string, unknown>): ImportsSearch {
  return isId(id) ? { id } : {};
}

export function newImportSearch({ from, resume }: Record<string, unknown>): NewImportSearch {
  return { ...(isId(from) ? { from } : {}), ...(isId(resume) ? { resume } : {}) };
}

function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}
