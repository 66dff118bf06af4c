// How the tests are run. `npm test` runs the project `tests`; tests named *.browser.test.ts drive a real Chromium, which
// not every machine has, and are run by `npm run test:browser`.
import { defineConfig } from "vitest/config";

const everywhere = "{schema,server,console/src,tests}/**/*";
const inBrowser = `${everywhere}.browser.test.ts`;

// Vitest asks for a default export.
export default defineConfig({
  test: {
    // One process per file: a process may hold one chDB data directory only, and engines are children of it.
    pool: "forks",
    globalSetup: "server/src/engines/testing-engines.ts",
    // Many tests wait for a server to start or for something that was killed to come back.
    maxWorkers: 3,
    // Against what hangs; how long something takes is nothing that a test decides by.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
    projects: [
      { extends: true, test: { name: "tests", include: [`${everywhere}.test.ts`], exclude: [inBrowser, "**/node_modules/**"] } },
      { extends: true, test: { name: "browser", include: [inBrowser], exclude: ["**/node_modules/**"] } },
    ],
  },
});
