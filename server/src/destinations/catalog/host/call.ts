// One job under way in a thread, known to everything that it calls: its way out, what passed on the wire, and whether it is over.
import { AsyncLocalStorage } from "node:async_hooks";
import type { OutboundClient } from "../../../outbound/outbound.ts";
import type { Wire } from "./outcome.ts";

export interface Call {
  readonly slug: string;
  readonly client: OutboundClient;
  readonly signal: AbortSignal;
  /** The last that passed. */
  wire: Wire;
  /** The last that went wrong in a way that may pass, or for the key; it is not forgotten for what went well after it. */
  trouble: Wire | undefined;
  requests: number;
}

export const calls = new AsyncLocalStorage<Call>();
