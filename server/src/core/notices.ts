// Hears when something of which Postgres tells with the commit has changed. When the connection ends, whatever was said
// meanwhile counts as a change.
import type { Pool, PoolClient } from "pg";

export interface Notices {
  /** Connects if need be. True once after each change, and after each connecting. */
  take(): Promise<boolean>;
  stop(): void;
}

export function createNotices(pool: Pool, channel: string, onChange: () => void): Notices {
  let client: PoolClient | undefined;
  /** Several ask at once; one connects. */
  let connecting: Promise<void> | undefined;
  let isStopped = false;
  let hasChanged = true;

  function lose(lost: PoolClient): void {
    if (client !== lost) return;
    client = undefined;
    lost.release(true);
    hasChanged = true;
    onChange();
  }

  async function connect(): Promise<void> {
    const connected = await pool.connect();
    if (isStopped) return connected.release();
    client = connected;
    connected.on("error", () => lose(connected));
    connected.on("end", () => lose(connected));
    connected.on("notification", () => {
      hasChanged = true;
      onChange();
    });
    await connected.query(`listen ${channel}`).catch((error: unknown) => {
      lose(connected);
      throw error;
    });
    hasChanged = true;
  }

  return {
    async take() {
      if (client === undefined) {
        connecting ??= connect().finally(() => {
          connecting = undefined;
        });
        await connecting;
      }
      const changed = hasChanged;
      hasChanged = false;
      return changed;
    },
    stop() {
      isStopped = true;
      const connected = client;
      client = undefined;
      connected?.release(true);
    },
  };
}
