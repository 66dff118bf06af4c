// Tokens of vendors, renewed once however many wait for it, and used from then on until whoever keeps them hands out the new ones
// by themselves. In memory alone: keeping them is the caller's.
import type { Connection } from "../../destination.ts";
import type { Failure, Tokens } from "./job.ts";

export type Renewed = { readonly kind: "tokens"; readonly tokens: Tokens } | { readonly kind: "failed"; readonly failure: Failure };

export interface TokenKeeper {
  /** The newest that are known of this connection. */
  current(connection: Connection): Tokens | undefined;
  /** `used`: the one that was refused. Asks at most once at a time, and not again for one that was renewed meanwhile. */
  renew(connection: Connection, used: string, ask: () => Promise<Renewed>): Promise<Renewed>;
}

interface Known {
  /** Those that `newest` came in place of. */
  readonly replaced: Set<string>;
  newest: Tokens | undefined;
  asking: Promise<Renewed> | undefined;
  /** A refusal holds for a moment: the others who wait needn't ask the same. */
  refused: { readonly used: string; readonly failure: Failure; readonly untilMs: number } | undefined;
}

const CONNECTIONS_MAX = 5_000;
const REPLACED_MAX = 20;
const REFUSED_FOR_MS = 30_000;

export function createTokenKeeper(nowMs: () => number = Date.now): TokenKeeper {
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

  return {
    current(connection) {
      const { oauth } = connection;
      const known = all.get(keyOf(connection));
      // Connected anew meanwhile: those tokens are none of ours.
      return oauth && known?.newest && known.replaced.has(oauth.accessToken) ? known.newest : oauth;
    },
    async renew(connection, used, ask) {
      const known = knownOf(connection);
      if (known.newest && known.replaced.has(used)) return { kind: "tokens", tokens: known.newest };
      if (known.refused?.used === used && known.refused.untilMs > nowMs()) return { kind: "failed", failure: known.refused.failure };
      known.asking ??= ask().then((renewed) => {
        if (renewed.kind === "failed") {
          known.refused = { used, failure: renewed.failure, untilMs: nowMs() + REFUSED_FOR_MS };
          return renewed;
        }
        known.replaced.add(used);
        const [first] = known.replaced;
        if (known.replaced.size > REPLACED_MAX && first !== undefined) known.replaced.delete(first);
        known.newest = renewed.tokens;
        return renewed;
      }).finally(() => {
        known.asking = undefined;
      });
      return known.asking;
    },
  };
}
