// analytics.js, served from the installed npm package, so that Segment's own snippet works with nothing but its host
// changed. Two things are put in: the write key where the package has its placeholder, and, before everything, our address
// as the place of its parts: by itself the script only recognises https addresses as its own and would go to Segment.
// Jitsu's script comes from its package as it is: it sends to where it was loaded from.
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { assert } from "../core/errors.ts";
import { etagOf } from "./cached-answer.ts";

export interface BrowserFile {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
  readonly etag: string;
}

export interface BrowserLibrary {
  /** The script that the snippet loads, for one write key that is known to be right. */
  script(writeKey: string): Promise<BrowserFile>;
  /** A part that the script loads later, by its name in the package; undefined when there is none. */
  bundle(file: string): Promise<BrowserFile | undefined>;
  /** Jitsu's p.js. The page says the write key, in an attribute of the script. */
  jitsuScript(): Promise<BrowserFile>;
}

const gzipped = promisify(gzip);
const scriptsRememberedMax = 64;
const placeholder = '"__WRITE_KEY__"';

export function createBrowserLibrary(publicUrl: string): BrowserLibrary {
  const require = createRequire(import.meta.url);
  // Where the package is, whatever its list of exports allows to be asked for.
  const folder = join(dirname(require.resolve("@segment/analytics-next/package.json")), "dist", "umd");
  const scripts = new Map<string, Promise<BrowserFile>>();
  const bundles = new Map<string, Promise<BrowserFile>>();
  let names: Promise<ReadonlySet<string>> | undefined;
  let jitsu: Promise<BrowserFile> | undefined;

  async function makeScript(writeKey: string): Promise<BrowserFile> {
    const source = await readFile(join(folder, "standalone.js"), "utf8");
    assert(source.includes(placeholder), "the analytics.js package has a place for the write key");
    return fileOf(Buffer.from(prelude(publicUrl) + source.replace(placeholder, () => scriptText(writeKey))));
  }

  return {
    script(writeKey) {
      const remembered = scripts.get(writeKey);
      if (remembered) return remembered;
      const made = makeScript(writeKey);
      scripts.set(writeKey, made);
      made.catch(() => scripts.delete(writeKey));
      if (scripts.size > scriptsRememberedMax) scripts.delete(scripts.keys().next().value ?? "");
      return made;
    },
    async bundle(file) {
      // Only names that the folder has are ever made into a path.
      names ??= readdir(folder).then((all) => new Set(all.filter((name) => name.endsWith(".js"))));
      if (!(await names).has(file)) return undefined;
      const remembered = bundles.get(file) ?? readFile(join(folder, file)).then(fileOf);
      bundles.set(file, remembered);
      return remembered;
    },
    jitsuScript() {
      jitsu ??= readFile(join(dirname(require.resolve("@jitsu/js/package.json")), "dist", "web", "p.js.txt")).then(fileOf);
      jitsu.catch(() => (jitsu = undefined));
      return jitsu;
    },
  };
}

async function fileOf(plain: Buffer): Promise<BrowserFile> {
  return { plain, gzipped: await gzipped(plain), etag: etagOf(plain) };
}

/** A JavaScript string literal that is also safe inside HTML. */
function scriptText(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Runs before the package's script. A page that has chosen another place for the parts keeps it. */
function prelude(publicUrl: string): string {
  return (
    `!function(w,d){var s=d.querySelector("script[data-global-segment-analytics-key]"),` +
    `k=s&&s.getAttribute("data-global-segment-analytics-key")||"analytics",a=w[k]=w[k]||[];` +
    `a._cdn||(a._cdn=${scriptText(publicUrl)})}(window,document);\n`
  );
}
