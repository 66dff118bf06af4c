// Tokens of vendors, renewed once however many wait for it, and used from then on until whoever keeps them hands out the new ones
// by themselves. Here in memory, for all that waits in this thread; where tokens are kept (kept-tokens.ts), across threads and processes, too.
import type { Connection, Tokens } from "../destination.ts";
import type { AskAnew, KeptTokens, Renewed } from "./kept-tokens.ts";

export interface TokenKeeper {
  /** New ones are kept by themselves; where not, whoever hands in connections has to. */
  readonly isKeeping: boolean;
  /** The newest that are known of this connection. */
  current(connection: Connection): Tokens | undefined;
  /** `used`: the one that was refused; undefined: there was none. Asks at most once at a time, and not again for one that was renewed meanwhile. */
  renew(connection: Connection, used: string | undefined, ask: AskAnew): Promise<Renewed>;
}

interface Known {
  /** Those that `newest` came in place of; undefined: none at all. */
  readonly replaced: Set<string | undefined>;
  newest: Tokens | undefined;
  asking: Promise<Renewed> | undefined;
  /** A refusal holds for a moment: the others who wait needn't ask the same. */
  refused: { readonly used: string | undefined; readonly version: number; readonly failure: Extract<Renewed, { readonly kind: "failed" }>["failure"]; readonly untilMs: number } | undefined;
}

const CONNECTIONS_MAX = 5_000;
const REPLACED_MAX = 20;
const REFUSED_FOR_MS = 30_000;

export function createTokenKeeper({ nowMs = Date.now, kept }: { readonly nowMs?: () => number; readonly kept?: KeptTokens | undefined } = {}): TokenKeeper {
  const all = new Map<string, Known>();
  const keyOf = ({ workspaceId, destinationId }: Connection): string => `${workspaceId}/${destinationId}`;

  function knownOf(connection: Connection): Known {
    const key = keyOf(connection);
    const known: Known = all.get(key) ?? { replaced: new Set(), newest: undefined, asking: undefined, refused: undefined };
    // The newest use at the end: what is dropped was not used for longest.
    all.delete(key);
    all.set(key, known);
    const [oldest] = all.keys();
    if (all.size > CONNECTIONS_MAX && oldest !== undefined) all.delete(oldest);
    return known;
  }

  async function renewOnce(known: Known, connection: Connection, used: string | undefined, ask: AskAnew): Promise<Renewed> {
    const renewed = await (kept === undefined ? ask(connection.oauth) : kept.renew(connection, used, ask));
    if (renewed.kind === "failed") {
      known.refused = { used, version: connection.version, failure: renewed.failure, untilMs: nowMs() + REFUSED_FOR_MS };
      return renewed;
    }
    known.replaced.add(used);
    const [first] = known.replaced;
    if (known.replaced.size > REPLACED_MAX) known.replaced.delete(first);
    known.newest = renewed.tokens;
    return renewed;
  }

  return {
    isKeeping: kept !== undefined,
    current(connection) {
      const { oauth } = connection;
      const known = all.get(keyOf(connection));
      // Connected anew meanwhile: those tokens are none of ours.
      return known?.newest && known.replaced.has(oauth?.accessToken) ? known.newest : oauth;
    },
    async renew(connection, used, ask) {
      const known = knownOf(connection);
      if (known.newest && known.replaced.has(used)) return { kind: "tokens", tokens: known.newest };
      const { refused } = known;
      if (refused !== undefined && refused.used === used && refused.version === connection.version && refused.untilMs > nowMs()) return { kind: "failed", failure: refused.failure };
      known.asking ??= renewOnce(known, connection, used, ask).finally(() => {
        known.asking = undefined;
      });
      return known.asking;
    },
  };
}
