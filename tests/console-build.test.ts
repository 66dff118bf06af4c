// The console as it is built: small enough to be there at once, nothing inline, and built once for the same sources.
import { execFileSync } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";

const HOME_SCRIPT_BYTES_MAX = 300_000;
const script = fileURLToPath(new URL("../bin/build-console.cjs", import.meta.url));
const dist = fileURLToPath(new URL("../console/dist", import.meta.url));

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
}

const build = (): string => execFileSync(process.execPath, [script], { encoding: "utf8" });

beforeAll(() => void build());

async function filesOf(entries: readonly string[]): Promise<string[]> {
  const manifest: Record<string, Chunk> = JSON.parse(await readFile(`${dist}/manifest.json`, "utf8"));
  const found = new Set<string>();
  const visit = (key: string): void => {
    const chunk = manifest[key];
    if (chunk === undefined) throw new Error(`The build has no ${key}.`);
    if (found.has(chunk.file)) return;
    found.add(chunk.file);
    chunk.imports?.forEach(visit);
  };
  entries.forEach(visit);
  return [...found].filter((file) => file.endsWith(".js"));
}

test("the home route's script stays within its budget, compressed", async () => {
  const files = await filesOf(["index.html", "src/features/home/home-page.tsx"]);
  expect(files.length).toBeGreaterThan(1);
  let bytes = 0;
  for (const file of files) bytes += (await stat(`${dist}/${file}.br`).catch(() => stat(`${dist}/${file}`))).size;
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(HOME_SCRIPT_BYTES_MAX);
});

test("the page loads scripts and styles as files, none from elsewhere", async () => {
  const page = await readFile(`${dist}/index.html`, "utf8");
  expect(page).not.toMatch(/<script(?![^>]*\ssrc=)/);
  expect(page).not.toMatch(/<style|\son\w+=|style=/);
  expect([...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "").filter((address) => !address.startsWith("/assets/"))).toEqual([]);
});

test("the same sources are not built again", () => {
  expect(build()).toContain("up to date");
});
