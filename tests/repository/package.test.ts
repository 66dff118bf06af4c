// What is installed, and on what terms: licences, install scripts, and a lockfile that works on every platform.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { isTestFile, root, sourceFiles } from "./source-files.ts";

interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly name: string;
  readonly license?: string | { readonly type: string };
  readonly allowScripts?: Readonly<Record<string, boolean>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), "utf8")) as T; // Written by npm, in its documented form.
const manifest = readJson<Manifest>("package.json");
const packages = Object.entries(readJson<{ packages: Record<string, LockEntry> }>("package-lock.json").packages);
const lock = new Map(packages);
const nameOf = (folder: string): string => folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);

const permissive = new Set([
  "MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "Unlicense", "CC0-1.0", "BlueOak-1.0.0", "Python-2.0",
  "PostgreSQL", "Zlib", "WTFPL",
]);

/** Package of the production tree → its licence, and why that is acceptable though it is not on the list. */
const licenceExceptions: Readonly<Record<string, { readonly licence: string; readonly because: string }>> = {
  "@fontsource-variable/inter": { licence: "OFL-1.1", because: "a typeface, which may be shipped within any program" },
  "@segment/facade": { licence: "SEE LICENSE IN LICENSE", because: "its LICENSE file is the MIT licence" },
  "@segment/fql-ts": { licence: "unknown", because: "its README holds the MIT licence" },
  "@segment/isodate": { licence: "SEE LICENSE IN LICENSE", because: "its LICENSE file is the MIT licence" },
  "@segment/isodate-traverse": { licence: "SEE LICENSE IN LICENSE", because: "its LICENSE file is the MIT licence" },
  "cpu-features": { licence: "unknown", because: "its LICENSE file is the MIT licence; package.json says so in an old form" },
  "new-date": { licence: "SEE LICENSE IN LICENSE", because: "its LICENSE file is the MIT licence" },
  "ssh2": { licence: "unknown", because: "its LICENSE file is the MIT licence; package.json says so in an old form" },
  "uap-core": { licence: "unknown", because: "its LICENSE file is Apache-2.0; package.json says so in an old form" },
};

/** `A OR B` needs one permissive choice, `A AND B` needs both to be. */
function isPermissive(licence: string): boolean {
  const plain = licence.replaceAll(/[()]/g, "");
  return plain.split(/ OR /i).some((choice) => choice.split(/ AND /i).every((one) => permissive.has(one.trim())));
}

function licenceOf(folder: string, entry: LockEntry): string {
  if (entry.license !== undefined) return entry.license;
  if (!existsSync(join(root, folder, "package.json"))) return "unknown";
  const { license } = readJson<Manifest>(join(folder, "package.json"));
  return typeof license === "object" ? license.type : license ?? "unknown";
}

test("every package that a running server needs may be used and passed on freely", () => {
  const isProduction = (entry: LockEntry): boolean => !entry.link && !entry.dev && !entry.devOptional;
  // npm marks what a tool needs on one platform only as optional, and no longer as the tool's.
  const needed = new Set(packages.filter(([, entry]) => isProduction(entry) && !entry.optional).flatMap(([, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })));
  const production = packages.filter(([folder, entry]) =>
    folder.startsWith("node_modules/") && isProduction(entry) && (!entry.optional || needed.has(nameOf(folder))));
  expect(production.length).toBeGreaterThan(50);
  const refused = production.flatMap(([folder, entry]) => {
    const [name, licence] = [nameOf(folder), licenceOf(folder, entry)];
    return isPermissive(licence) || licenceExceptions[name]?.licence === licence ? [] : [`${name}: ${licence}`];
  });
  expect([...new Set(refused)]).toEqual([]);
  const present = new Set(production.map(([folder]) => nameOf(folder)));
  expect(Object.keys(licenceExceptions).filter((name) => !present.has(name)), "no longer needed: remove from the exceptions").toEqual([]);
});

test("a choice of licences needs one that is permissive, several at once need all of them to be", () => {
  expect(["(MIT OR GPL-3.0)", "MIT AND ISC", "MIT"].every(isPermissive)).toBe(true);
  expect(["GPL-3.0", "AGPL-3.0-only", "MIT AND GPL-2.0", "unknown", "SSPL-1.0"].some(isPermissive)).toBe(false);
});

test("every package with an install script is named in allowScripts, and only those that must run may", () => {
  const scripted = [...new Set(packages.filter(([, entry]) => entry.hasInstallScript).map(([folder]) => nameOf(folder)))];
  expect(Object.keys(manifest.allowScripts ?? {}).sort()).toEqual(scripted.sort());
  expect(Object.entries(manifest.allowScripts ?? {}).filter(([, mayRun]) => mayRun).map(([name]) => name)).toEqual(["node"]);
});

test("the lockfile names every package for every platform", () => {
  const missing = packages.flatMap(([folder, entry]) => Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
    .filter((name) => !isFound(folder, name))
    .map((name) => `${name}, which ${folder || "the root"} needs`));
  expect(missing).toEqual([]);
});

/** Looks for a package as Node does: in the folder's own node_modules, then in those above it. */
function isFound(folder: string, name: string): boolean {
  for (let from = folder; ; from = from.includes("/") ? dirname(from) : "") {
    if (lock.has(from === "" ? `node_modules/${name}` : `${from}/node_modules/${name}`)) return true;
    if (from === "") return false;
  }
}

test("the lockfile holds no addresses: a package comes from the registry that the machine is set to", () => {
  expect(packages.filter(([, entry]) => !entry.link && entry.resolved !== undefined).map(([folder]) => folder)).toEqual([]);
});

test("dependencies are pinned to one version", () => {
  const isExact = (version: string): boolean => /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version);
  for (const path of ["package.json", "schema/package.json", "server/package.json", "console/package.json"]) {
    const { dependencies, devDependencies } = readJson<Manifest>(path);
    expect(Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !isExact(version)), path).toEqual([]);
  }
});

test("the program imports only packages that its workspace depends on", () => {
  const program = sourceFiles().filter((file) => !isTestFile(file.path) && /^(schema|server|console)\//.test(file.path));
  const strangers = program.flatMap((file) => {
    const { dependencies = {} } = readJson<Manifest>(`${file.path.split("/")[0] ?? ""}/package.json`);
    return file.imports.filter((one) => one.file === undefined && !one.specifier.startsWith("node:"))
      .map((one) => one.specifier.split("/").slice(0, one.specifier.startsWith("@") ? 2 : 1).join("/"))
      .filter((wanted) => !(wanted in dependencies))
      .map((wanted) => `${file.path} → ${wanted}`);
  });
  expect(strangers).toEqual([]);
});

test("`npm start` and `npm test` hand their process over, so that a signal to npm reaches it", () => {
  for (const script of ["start", "test"]) expect(manifest.scripts?.[script], script).toMatch(/^exec node /);
  for (const script of ["prestart", "pretest"]) expect(manifest.scripts?.[script], script).toBe("node bin/prepare.cjs");
});
