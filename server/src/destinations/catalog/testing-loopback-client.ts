// For tests: a thread's way out that leads every vendor's address to one server on this machine. No vendor is ever called.
import { createOutbound } from "../../outbound/outbound.ts";
import type { OpenClient } from "./host/thread.ts";

export const open: OpenClient = (options) => {
  const { port } = options as { readonly port: number }; // As the tests give it.
  const outbound = createOutbound({ privateHosts: ["127.0.0.1"] });
  return {
    fetch: (request) => {
      const url = new URL(request.url);
      return outbound.fetch({ ...request, url: `http://127.0.0.1:${port}${url.pathname}${url.search}`, headers: { ...request.headers, "x-test-origin": url.origin } });
    },
  };
};
