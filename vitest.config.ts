import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // One process per file: a process may hold one chDB data directory only, and engines are children of it.
    pool: "forks",
    maxWorkers: 2,
    include: ["{schema,server,tests}/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
