// `npm run docs`: writes the pages that are made from the code.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedDocs } from "./generated-docs.ts";

for (const [path, text] of Object.entries(generatedDocs)) {
  writeFileSync(join(import.meta.dirname, "../..", path), text);
  process.stdout.write(`${path}\n`);
}
