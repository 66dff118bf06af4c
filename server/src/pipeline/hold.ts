// Holds all that writes to ClickHouse, for as long as somebody needs it to be exactly what Postgres says landed: a copy of both.
// Deciding goes on meanwhile, and its blocks wait in the outbox. A hold always ends, whoever asked for it.
import type { Pool, PoolClient } from "pg";
import { audiencePartition } from "../core/position.ts";
import { takeTurn } from "./outbox/statement-turn.ts";

/** Of the senders, between two INSERTs. */
export interface Hold {
  /** For each sender, once. `wake` ends its pause. The answer is what it waits for before each INSERT. */
  join(wake: () => void): () => Promise<void>;
  /** True: from now on nothing is sent. False: a sender was not done in time, and nothing is held. */
  ask(withinMs: number): Promise<boolean>;
  /** Lets the senders go on. True: nothing was sent since `ask` said so. */
  release(): boolean;
  /** Lets go, and holds no more. */
  end(): void;
}

/** Whoever asked for a hold and does not end it is taken for dead. */
const HELD_MS_MAX = 60_000;

export function createHold(heldMsMax = HELD_MS_MAX): Hold {
  const wakes: (() => void)[] = [];
  let hasEnded = false;
  let isAsked = false;
  let isHeld = false;
  let atRest = 0;
  let goOn: (() => void)[] = [];
  let onRest: (() => void) | undefined;
  let limit: NodeJS.Timeout | undefined;

  function release(): boolean {
    clearTimeout(limit);
    const wasHeld = isHeld;
    isAsked = isHeld = false;
    atRest = 0;
    for (const each of goOn.splice(0)) each();
    return wasHeld;
  }

  async function pass(): Promise<void> {
    if (!isAsked) return;
    atRest++;
    const released = new Promise<void>((resolve) => goOn.push(resolve));
    onRest?.();
    await released;
  }

  return {
    join(wake) {
      wakes.push(wake);
      return pass;
    },
    async ask(withinMs) {
      if (hasEnded || isAsked) return false;
      isAsked = true;
      for (const wake of wakes) wake();
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, withinMs);
        onRest = () => {
          if (atRest === wakes.length) resolve();
        };
        onRest();
      });
      clearTimeout(timer);
      onRest = undefined;
      // Released in the meantime: the end of the process.
      if (!isAsked || atRest < wakes.length) {
        release();
        return false;
      }
      isHeld = true;
      limit = setTimeout(release, heldMsMax).unref();
      return true;
    },
    release,
    end() {
      hasEnded = true;
      release();
    },
  };
}

/** Of the senders, and of what people have sent again (outbox/retry-refused.ts). */
export interface WritesHold {
  /** True: from now on nothing is written. False: what was being written was not done in time, and nothing is held. */
  ask(withinMs: number): Promise<boolean>;
  /** True: nothing was written since `ask` said so. */
  release(): Promise<boolean>;
}

export function createWritesHold(senders: Pick<Hold, "ask" | "release">, pool: Pool, partitions: number): WritesHold {
  let turns: PoolClient | undefined;
  return {
    async ask(withinMs) {
      const untilMs = performance.now() + withinMs;
      if (!(await senders.ask(withinMs))) return false;
      turns = await takeTurns(pool, partitions, untilMs - performance.now()).catch(() => undefined);
      if (turns === undefined) senders.release();
      return turns !== undefined;
    },
    async release() {
      const client = turns;
      turns = undefined;
      // A session that ended has let the turns go before.
      const wasTaken = await client?.query("commit").then(() => true, () => false);
      client?.release(wasTaken !== true);
      return senders.release() && wasTaken === true;
    },
  };
}

/** Whoever sends again waits for its partition's turn; the connection has all of them until its transaction ends. */
async function takeTurns(pool: Pool, partitions: number, withinMs: number): Promise<PoolClient> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('lock_timeout', $1, true)", [String(Math.max(1, Math.round(withinMs)))]);
    for (let partition = 0; partition < partitions; partition++) {
      await takeTurn(client, partition);
      await takeTurn(client, audiencePartition(partition));
    }
    return client;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
