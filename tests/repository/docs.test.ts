// Documents drift unless something reads them: every path, script and setting they name must exist, and the pages that
// are made from the code must be up to date.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { sdks } from "../../console/src/features/sources/snippets.ts";
import { settings } from "../../server/src/config.ts";
import { createProgram } from "../../server/src/cli/program.ts";
import { limitDeclarations } from "../../server/src/core/limits.ts";
import { generatedDocs } from "./generated-docs.ts";
import { filesBelow, root } from "./source-files.ts";

const documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "AGENTS.md", ...filesBelow(["docs"], ".md")]
  .filter((path) => existsSync(join(root, path)))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

/** Their hints name commands. */
const commandFiles = [...filesBelow(["server/src/cli"], ".ts"), "server/src/core/errors.ts"].filter((path) => !path.endsWith(".test.ts")).map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

const ours = filesBelow(["schema", "server", "console/src", "tests", "bench", "docs"], "");

/** Read by the command line or by tests, and so not among the server's settings. */
const otherSettings = ["TRIBUTARY_URL"];

test.each(documents)("$path names only paths that exist", ({ path, text }) => {
  expect(pathsIn(text).filter((named) => !exists(named, path))).toEqual([]);
});

test.each(documents)("$path names only npm scripts that exist", ({ text }) => {
  const manifest: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const named = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start))\b/g)].map((match) => match[1] ?? match[2] ?? "");
  expect(named.filter((script) => !(script in manifest.scripts))).toEqual([]);
});

test.each([...documents, ...commandFiles])("$path names only commands of `tributary` that exist", ({ text }) => {
  expect(commandsIn(text).filter((words) => !isCommand(words)).map((words) => words.join(" "))).toEqual([]);
});

test("commands are found in code, in blocks and in the cells of a table, and what there is none of is told", () => {
  const text = "| `npm run tributary -- status`, `sql \"select\"`, `nothing` | `else` |\nRun `tributary destinations replay hook`, ``` \ntributary models burn``` or\nnpm run tributary -- alerts list\n`tributary --help`";
  expect(commandsIn(text)).toEqual([["status"], ["sql"], ["nothing"], ["destinations", "replay"], ["models", "burn"], ["alerts", "list"]]);
  expect(commandsIn(text).filter((words) => !isCommand(words))).toEqual([["nothing"], ["models", "burn"]]);
});

test.each(documents)("$path names only settings that exist", ({ text }) => {
  const known = new Set([...Object.keys(settings), ...Object.values(limitDeclarations).map((limit) => limit.setting), ...otherSettings]);
  const named = [...text.matchAll(/\bTRIBUTARY_[A-Z_]*[A-Z]\b(?!_)/g)].map((match) => match[0]);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test.each(Object.entries(generatedDocs))("%s says what the code says (`npm run docs` writes it)", (path, text) => {
  expect(readFileSync(join(root, path), "utf8")).toBe(text);
});

const sdkPage = readFileSync(join(root, "docs/sdks.md"), "utf8");

test.each(sdks.filter((sdk) => sdk.family !== "http"))("docs/sdks.md says of $name what its snippet's table says", ({ name, tested }) => {
  const row = sdkPage.split("\n").find((line) => line.startsWith("| ") && (line.includes(`\`${name}\``) || line.includes(`| ${name} `)));
  expect(row, name).toBeDefined();
  const section = sdkPage.slice(0, sdkPage.indexOf(row ?? "")).split("\n## ").at(-1)?.split("\n")[0] ?? "";
  const isSaid = {
    kills: row?.includes("through kills"), requests: row?.includes("by its requests") || section === "On phones", documented: section === "By their documentation alone",
  };
  expect(isSaid[tested], `${name} in "${section}"`).toBe(true);
});

test("paths are found in code, in blocks and in links, and nothing else is taken for one", () => {
  const text = "See `server/src/main.ts`, [here](decisions/0001-a.md#why), https://example.com/docs/a.md; `POST /v1/track`, `a/b`,"
    + " `log/log.ts`\n```sh\nnode bin/nothing.cjs < docs/x.json\n```\n`server/src/<name>.ts` `text/csv` `@tributary/schema/control.ts`";
  expect(pathsIn(text)).toEqual(["server/src/main.ts", "decisions/0001-a.md", "log/log.ts", "bin/nothing.cjs", "docs/x.json"]);
});

/** Up to two words each. In the table of commands the cell's other spans go without `tributary`. */
function commandsIn(text: string): string[][] {
  const whole = text.replace(/^\| `npm run tributary -- [^|]*/gm, (cell) => cell.replaceAll("`, `", "`, `tributary "));
  return [...whole.matchAll(/(?<![\w@/.-])tributary (?:-- )?([a-z][a-z-]*(?: [a-z][a-z-]*)?)/g)].map((match) => (match[1] ?? "").split(" "));
}

function isCommand([first, second]: readonly string[]): boolean {
  const found = createProgram().commands.find((one) => one.name() === first);
  return found !== undefined && (second === undefined || found.commands.length === 0 || found.commands.some((one) => one.name() === second));
}

/** What a document says as a path: links, and words with a slash in code that end like a file or begin like one of our folders. */
function pathsIn(text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({ at: match.index, word: (match[1] ?? "").replace(/#.*$/, "") }));
  const code = [...text.matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].flatMap((span) =>
    [...span[0].matchAll(/[^\s`'"()]+/g)].map((match) => ({ at: span.index + match.index, word: match[0].replace(/[,;:.]+$/, "") })));
  return [...links, ...code]
    .sort((a, b) => a.at - b.at)
    .map(({ word }) => word)
    .filter(isPath);
}

function isPath(word: string): boolean {
  if (!/^[\w.][\w./-]*$/.test(word)) return false;
  if (/\.(ts|cjs|md|yaml|json|sql)$/.test(word)) return word.includes("/") || word.endsWith(".md");
  return /^(\.\/)?(schema|server|console|tests|bench|docs|bin|\.ci)\//.test(word);
}

/** Documents may name a path from the root, from where they stand, or by its end when the beginning was said before. */
function exists(named: string, document: string): boolean {
  const isThere = ["", "server/src", dirname(document)].some((from) => existsSync(join(root, from, named)));
  return isThere || ours.some((path) => path.endsWith(`/${named}`));
}
