// Decides whether a host may be reached, at the moment when it is connected to: every address of the answer is checked, one bad
// one refuses them all, and it is these addresses that are connected to. So a name that answers otherwise a moment later
// gains nothing.
import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { privateHosts, type PrivateHosts } from "../core/private-hosts.ts";
import { kindOf, type AddressKind } from "./address-kind.ts";
import { OutboundError, type ReachableAddress } from "./outbound-client.ts";
import type { Target } from "./target.ts";

/** The addresses of a name, as the system finds them. Rejects when there are none. */
export type ResolveHost = (host: string) => Promise<readonly { readonly address: string }[]>;

type Problem = Exclude<AddressKind, { readonly kind: "public" }>;

export interface AddressGuard {
  /** Throws OutboundError for what can be told without a look-up. */
  refuseAtOnce(target: Target): void;
  /** Throws OutboundError `address_refused` or `no_such_host`. */
  resolve(target: Target): Promise<readonly ReachableAddress[]>;
  /** Why an address may not be connected to; undefined: it may. */
  problemOf(target: Target, address: string): Problem | undefined;
  /** For `net.connect`: it connects to what this answers and to nothing else. Addresses it doesn't look up. */
  lookupFor(target: Target): LookupFunction;
}

/** More are not tried: a name with hundreds of them would keep us busy. */
const ADDRESSES_MAX = 8;

const loopback = ["127.0.0.1", "::1"];
const ownNames = new Set(["localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "broadcasthost"]);

export const systemResolve: ResolveHost = (host) => lookup(host, { all: true, order: "verbatim" });

export function createAddressGuard(options: { readonly privateHosts: readonly string[]; readonly resolve?: ResolveHost }): AddressGuard {
  const opened: PrivateHosts = privateHosts(options.privateHosts);
  const lookUp = sharingLookUps(options.resolve ?? systemResolve);

  function problemOf(target: Target, address: string): Problem | undefined {
    const found = kindOf(address);
    return found.kind === "public" || (found.kind === "private" && opened.opens(target, address)) ? undefined : found;
  }

  function refuseAtOnce(target: Target): void {
    const { host } = target;
    if (isIP(host) !== 0) {
      const problem = problemOf(target, host);
      if (problem) throw refused(host, "is", problem);
    } else if (ownNames.has(host) || host.endsWith(".localhost")) {
      const problems = loopback.map((address) => problemOf(target, address));
      const [problem] = problems;
      if (problem && problems.every((one) => one !== undefined)) throw refused(host, "leads to", problem);
    }
  }

  async function resolve(target: Target): Promise<readonly ReachableAddress[]> {
    refuseAtOnce(target);
    const { host } = target;
    if (isIP(host) !== 0) return [reachable(host)];
    const addresses = await lookUp(host);
    for (const { address } of addresses) {
      const problem = problemOf(target, address);
      if (problem) throw refused(host, "leads to", problem);
    }
    return addresses.slice(0, ADDRESSES_MAX).map(({ address }) => reachable(address));
  }

  return {
    refuseAtOnce, resolve, problemOf,
    lookupFor: (target) => (_host, { all }, done) => {
      resolve(target).then((addresses) => {
        const [first] = addresses;
        if (all === true || first === undefined) done(null, [...addresses]);
        else done(null, first.address, first.family);
      }, (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), []));
    },
  };
}

const reachable = (address: string): ReachableAddress => ({ address, family: isIP(address) === 6 ? 6 : 4 });

/** The address that a name leads to isn't told: whoever may not reach it needn't learn it. */
function refused(host: string, leadsTo: "is" | "leads to", { kind, what }: Problem): OutboundError {
  const unless = kind === "private" ? " unless the setting OUTBOUND_PRIVATE_HOSTS names it" : "";
  return new OutboundError("address_refused", `${host} ${leadsTo} ${what}. Nothing is sent there${unless}.`);
}

/** Connections that open at once to one name share one question: the system answers only a few at a time. */
function sharingLookUps(resolve: ResolveHost): (host: string) => Promise<readonly { readonly address: string }[]> {
  const asked = new Map<string, Promise<readonly { readonly address: string }[]>>();
  return (host) => {
    const known = asked.get(host);
    if (known) return known;
    const answer = resolve(host).then(
      (addresses) => (addresses.length > 0 ? addresses : Promise.reject(new OutboundError("no_such_host", `${host} has no address.`))),
      (cause: unknown) => Promise.reject(new OutboundError("no_such_host", `${host} was not found.`, { cause })),
    ).finally(() => asked.delete(host));
    asked.set(host, answer);
    return answer;
  };
}
