// The names that identity gives to things: an identifier's salted key and a new person's id.
//
// A key says nothing about the value without the installation's secret, so that what is kept of a suppressed person can
// still recognise their identifiers and can't be turned back into them.
import { hash128 } from "../core/hash.ts";

/** The key (UUID text) under which an identifier is stored: the same value in two workspaces has two keys. */
export function identifierKey(secret: string, workspaceId: number, namespace: string, value: string): string {
  return hash128("identifier", secret, workspaceId, namespace, value);
}

/** The id (UUID text) of the person that the event or record at `rowId` makes; one row makes at most one. */
export function profileIdOf(workspaceId: number, rowId: number): string {
  return hash128("profile", workspaceId, rowId);
}
