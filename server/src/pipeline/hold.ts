// Holds the senders between two INSERTs, for as long as somebody needs ClickHouse to be exactly what Postgres says landed:
// a copy of both. Deciding goes on meanwhile, and its blocks wait in the outbox. A hold always ends, whoever asked for it.
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
