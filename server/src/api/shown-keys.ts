// Write keys as the API shows them: a new one with its secret, this once; a stored one without.
import type { z } from "zod";
import type { newWriteKey, writeKeyAnswer } from "@tributary/schema/api/workspace.ts";
import type { MadeWriteKey, WriteKey } from "../governance/governance.ts";

export function shownStoredKey(key: WriteKey): z.input<typeof writeKeyAnswer> {
  return {
    id: key.id, prefix: key.prefix, created_at: key.createdAt.toISOString(), revoked_at: key.revokedAt?.toISOString() ?? null,
    expires_at: key.expiresAt?.toISOString() ?? null, events_per_second: key.eventsPerSecond,
  };
}

export function shownKey(key: MadeWriteKey): z.input<typeof newWriteKey> {
  return { id: key.id, prefix: key.prefix, write_key: key.secret };
}
