// A thread's way out: the guarded client for what goes by HTTP, and the same rule for every socket that a library opens by itself.
import { createOutbound, installSocketGuard, type OutboundOptions } from "../../../outbound/outbound.ts";
import type { OpenClient } from "./thread.ts";

export const open: OpenClient = (options) => {
  const given = options as Pick<OutboundOptions, "privateHosts">; // Made with this type by catalog.ts.
  installSocketGuard(given);
  return createOutbound(given);
};
