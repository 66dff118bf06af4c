// For tests, and for the page that they hold: what was really seen of each destination of the catalog. It is put together of what tests
// compare with what happens (contracts.test.ts, every-destination.test.ts), and nothing is added to it here.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import pino from "pino";
import { readDefinitions } from "./definitions.ts";
import { contractTested, hidden, unseen } from "./definitions/labels.ts";
import { connectionOf } from "./testing-contract.ts";
import { contracts } from "./testing-contracts.ts";
import { payloadNotEnough, settingsNotEnough } from "./testing-every.ts";
import { sampleRequest, sampleSettings } from "./testing-sample.ts";

/** The most that was seen of it. */
export type Seen =
  /** Requests of these actions are compared with recorded ones, and so is what is made of replies. */
  | { readonly kind: "contract"; readonly actions: readonly string[] }
  /** One event through the action made a request at a server of the tests; what stood in it was compared with nothing. */
  | { readonly kind: "request"; readonly action: string }
  /** The destination's own code said no to the payload before it asked anybody anything. */
  | { readonly kind: "refused"; readonly action: string; readonly said: string }
  /** Made, its settings and a payload taken; what it sends goes by a library of its own. */
  | { readonly kind: "unseen"; readonly action: string }
  | { readonly kind: "hidden"; readonly reason: string };

export interface SeenDestination {
  readonly slug: string;
  readonly name: string;
  /** Those that can be chosen. */
  readonly actions: number;
  readonly seen: Seen;
  /** Why its test of a connection failed before it asked anybody, though the form took the settings. */
  readonly connectionSaid: string | undefined;
}

export async function seenDestinations(): Promise<readonly SeenDestination[]> {
  const cacheDir = await mkdtemp(join(tmpdir(), "catalog-"));
  try {
    const all = await readDefinitions({ cacheDir, logger: pino({ level: "silent" }) });
    return all.map((one) => ({
      slug: one.slug, name: one.name, actions: one.actions.filter(({ isHidden }) => !isHidden).length, seen: seenOf(one), connectionSaid: one.slug in hidden ? undefined : settingsNotEnough[one.slug],
    }));
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}

function seenOf(definition: DestinationDefinition): Seen {
  const { slug } = definition;
  const reason = hidden[slug];
  if (reason !== undefined) return { kind: "hidden", reason };
  if (contractTested.includes(slug)) return { kind: "contract", actions: [...new Set(contracts.filter((one) => one.slug === slug).map(({ sent }) => sent.action))] };
  const sample = sampleRequest(definition, connectionOf(slug, { settings: sampleSettings(definition) }));
  if (sample === undefined) throw new Error(`${slug} is offered, and has no action.`);
  const { action } = sample.request.subscription;
  const said = payloadNotEnough[slug];
  if (said !== undefined) return { kind: "refused", action, said };
  return unseen.includes(slug) ? { kind: "unseen", action } : { kind: "request", action };
}
