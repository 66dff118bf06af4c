// Segment's SDKs for Python, Go and Java, as published, through kills of the server in mid-flush. Optional: it needs the
// languages and their package registries. SDK_LANGUAGES=1 runs it; what it fetches stays in a folder of its own
// under the system's temporary one, to be used again.
import { execFile } from "node:child_process";
import { cp, mkdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServerProcess, WRITE_KEY, type ServerProcess } from "../server-process.ts";
import { expectStoredOnce, markOf, receivedEvents, stepsOf, stepsTo, traitsOf } from "./received-events.ts";
import { startWire } from "./wire.ts";

const COUNT = 50;
const PYTHON_SDK = "segment-analytics-python==2.3.4";
const TEST_MS = 400_000;

const isWanted = process.env["SDK_LANGUAGES"] === "1";
// A server refuses to start with a setting that it doesn't know, and would inherit this one.
delete process.env["SDK_LANGUAGES"];
const sources = fileURLToPath(new URL("./other-languages/", import.meta.url));
const cache = join(tmpdir(), "tributary-sdk-languages");
const run = promisify(execFile);

interface Command {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

type Language = "python" | "go" | "java";

/** Fetches the SDK, builds the program, and says how to run it. Works in a copy: the language's tools write beside sources. */
const prepare: Readonly<Record<Language, (folder: string) => Promise<Command>>> = {
  async python(folder) {
    const packages = join(folder, "packages");
    await run("python3", ["-m", "pip", "install", "--quiet", "--target", packages, "--upgrade", PYTHON_SDK]);
    return { program: "python3", arguments: [join(folder, "send.py")], env: { PYTHONPATH: packages } };
  },
  async go(folder) {
    const program = join(folder, "send");
    await run("go", ["build", "-mod=mod", "-o", program, "."], { cwd: folder });
    return { program, arguments: [] };
  },
  async java(folder) {
    await run("mvn", ["--quiet", "--batch-mode", "dependency:build-classpath", "-Dmdep.outputFile=classpath.txt"], { cwd: folder });
    const classPath = (await readFile(join(folder, "classpath.txt"), "utf8")).trim();
    await run("javac", ["-cp", classPath, "Send.java"], { cwd: folder });
    return { program: "java", arguments: ["-cp", [folder, classPath].join(delimiter), "Send"] };
  },
};

describe.skipIf(!isWanted)("SDKs of other languages (run with SDK_LANGUAGES=1)", () => {
  let server: ServerProcess;
  beforeAll(async () => void (server = await startServerProcess()));
  afterAll(() => server?.remove());

  test.each(["python", "go", "java"] as const)("Segment's SDK for %s delivers every call exactly once through kills in mid-flush", async (language) => {
    const folder = join(cache, language);
    await mkdir(folder, { recursive: true });
    await cp(join(sources, language), folder, { recursive: true });
    const command = await prepare[language](folder);
    const wire = await startWire(server);
    const kills = (async () => {
      await wire.killDuring("answer", 1);
      await wire.killDuring("body", 0);
      await wire.killDuring("answer", 0);
    })();
    const env = { ...process.env, ...command.env, HOST: wire.url, WRITE_KEY, COUNT: String(COUNT) };
    const sender = new AbortController();
    const reported = run(command.program, command.arguments, { env, signal: sender.signal }).then(({ stdout }) => {
      expect(JSON.parse(stdout)).toEqual({ delivered: COUNT, failed: 0 });
    });
    await Promise.all([reported, kills]).finally(() => {
      sender.abort();
      return wire.close();
    });

    const events = (await receivedEvents(server)).filter((event) => markOf(event).by === language);
    expect(stepsOf(events)).toEqual(stepsTo(COUNT));
    // A kill at an answer costs a repeat; without one it would not have been in mid-flush.
    expect(expectStoredOnce(events)).toBeGreaterThan(0);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["identify", "track", "page", "screen", "group"]));
    expect(await traitsOf(server, `user_id:${language}`)).toMatchObject({ email: `${language}@example.com` });
  }, TEST_MS);
});
