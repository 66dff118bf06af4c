// The pages of docs/ that are made from the code, so that they can't say anything else than it does. `npm run docs` writes
// them; docs.test.ts compares.
import { z } from "zod";
import { sdkGroups, sdks, snippetOf } from "../../console/src/features/sources/snippets.ts";
import { en } from "../../console/src/texts/en/en.ts";
import { roleTable } from "../../schema/src/api/roles.ts";
import { settings } from "../../server/src/config.ts";
import { errorCatalogue } from "../../server/src/core/errors.ts";
import { limitDeclarations } from "../../server/src/core/limits.ts";
import { audienceConditionsPage } from "./audience-conditions-page.ts";
import { destinationsVerifiedPage } from "./destinations-verified-page.ts";

const { sdks: sdkTexts } = await en.parts.sdks();
const notice = "<!-- Made from the code by `npm run docs`; edit the code instead. -->";

/** Path from the root → text. */
export const generatedDocs: Readonly<Record<string, string>> = {
  "docs/audience-conditions.md": audienceConditionsPage(notice),
  "docs/configuration.md": configurationPage(),
  "docs/destinations-verified.md": await destinationsVerifiedPage(notice, table),
  "docs/errors.md": errorsPage(),
  "docs/roles.md": rolesPage(),
  "docs/sdk-snippets.md": sdkSnippetsPage(),
};

function configurationPage(): string {
  const limits = Object.values(limitDeclarations).map(({ setting, value, unit, what }) => [`\`${setting}\``, amount(value, unit), what]);
  return `# Configuration

${notice}

Every setting is an environment variable; none is needed. All are checked at start: a value that is not allowed, or a
\`TRIBUTARY_\` name that does not exist, ends the start with a message that names it.

## Settings

${table(["Setting", "Default", "Allowed", "What it does"], Object.entries(settings).map(([name, schema]) => settingRow(name, schema)))}

## Limits

What comes in is bounded. An answer that refuses something names the limit and its setting. Each takes a whole number above
zero, in the unit of its default.

${table(["Setting", "Default", "What it bounds"], limits)}

## The command line

\`tributary\` finds a running server by its data directory (\`TRIBUTARY_DATA_DIR\`). For a server elsewhere set \`TRIBUTARY_URL\` to its
address and \`TRIBUTARY_API_TOKEN\` to one of its tokens.
`;
}

function settingRow(name: string, schema: z.ZodType): string[] {
  const shape = z.toJSONSchema(schema);
  const byDefault = shape.default === undefined ? "" : `\`${String(shape.default)}\``;
  return [`\`${name}\``, byDefault, allowed(shape), shape.description ?? ""];
}

function allowed(shape: z.core.JSONSchema.BaseSchema): string {
  if (shape.enum) return shape.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (shape.type === "integer") return `${grouped(shape.minimum ?? 0)} to ${grouped(shape.maximum ?? Number.MAX_SAFE_INTEGER)}`;
  if (shape.format === "uri") return "an http or https address";
  if (shape.format === "smtp-uri") return "an smtp or smtps address";
  if (shape.format === "email") return "an e-mail address";
  if (shape.minLength !== undefined && shape.minLength > 1) {
    return shape.maxLength === undefined ? `at least ${shape.minLength} characters` : `${shape.minLength} to ${shape.maxLength} characters`;
  }
  return "text";
}

function rolesPage(): string {
  const rows = Object.entries(roleTable).map(([name, { scopes, what }]) => [`\`${name}\``, scopes.map((one) => `\`${one}\``).join(", "), what]);
  return `# Roles

${notice}

What a role in a workspace may do is a set of the API's scopes, and the API enforces it. \`read\` looks, and sees people
[masked](masking.md); \`write\` changes people and events; \`admin\` changes the workspace (and includes both, and \`audit\`);
\`personal_data\` may see and touch what is known about people (and includes \`reveal\`); \`reveal\` sees one hidden value at a time
for a stated reason; \`audit\` reads the audit log. An owner whose account the first start made has \`installation\` besides. More:
[accounts.md](accounts.md).

${table(["Role", "Scopes", "For"], rows)}
`;
}

function sdkSnippetsPage(): string {
  const groups = sdkGroups.map((group) => {
    const parts = sdks.filter((sdk) => sdk.group === group).map((sdk) => {
      const install = sdk.install === undefined ? [] : [`Install: \`${sdk.install}\``];
      const notes = (sdk.notes ?? []).map((note) => `- ${sdkTexts.notes[note]}`);
      return [`### ${sdk.platform}: ${sdk.name}`, ...install, fenced(snippetOf(sdk.id, "https://cdp.example.com", "KEY")), ...(notes.length > 0 ? [notes.join("\n")] : [])].join("\n\n");
    });
    return [`## ${sdkTexts.groups[group]}`, ...parts].join("\n\n");
  });
  return `# Snippets

${notice}

How to send a first event with each SDK, as the page of a source in the console shows it with its own address and key in
place. \`https://cdp.example.com\` stands for your \`PUBLIC_URL\`, \`KEY\` for a write key. Which of them were run, and how:
[sdks.md](sdks.md).

${groups.join("\n\n")}
`;
}

function fenced(code: string): string {
  return `~~~\n${code}\n~~~`;
}

function errorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(([code, { status, message, hint }]) => [`\`${code}\``, String(status), message, hint]);
  return `# Errors

${notice}

Every error that a person or a program has to act on has one of these codes. The code is stable; programs decide by it. Over
HTTP it comes with the status below as \`code\`, beside \`message\` (often with a detail) and \`hint\`. Events that are taken in and
then held are not errors: they are listed as quarantined, each with its reason.

${table(["Code", "Status", "Message", "What to do"], rows)}
`;
}

function amount(value: number, unit: string): string {
  const inUnit = `${grouped(value)} ${unit}`;
  if (unit !== "bytes") return inUnit;
  return value % 2 ** 20 === 0 ? `${inUnit} (${value / 2 ** 20} MiB)` : `${inUnit} (${value / 2 ** 10} KiB)`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
