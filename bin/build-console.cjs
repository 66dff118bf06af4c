// Builds the console into console/dist when its sources, or what it is built with, are others than at the last build
// (plain CommonJS, no dependency). It compares contents, never times of files. The old build stays until the new one is whole.
const { execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const home = path.join(root, "console");
const dist = path.join(home, "dist");
/** Beside the build: the hash of what it was made from. */
const stampFile = path.join(dist, "sources.sha256");
const sources = ["package-lock.json", "schema/src", "console/src", "console/index.html", "console/vite.config.ts", "console/package.json", "docs/compare.md"];

function filesBelow(place) {
  if (!fs.existsSync(place)) return [];
  if (!fs.statSync(place).isDirectory()) return [place];
  return fs.readdirSync(place).sort().flatMap((name) => filesBelow(path.join(place, name)));
}

/** Of names and contents of everything that goes into the build. Tests do not. */
function hashOfSources() {
  const hash = createHash("sha256");
  for (const file of sources.flatMap((source) => filesBelow(path.join(root, source)))) {
    if (/\.test\.tsx?$/.test(file)) continue;
    const bytes = fs.readFileSync(file);
    hash.update(`${path.relative(root, file).split(path.sep).join("/")}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

function isCurrent(hash) {
  try {
    return fs.readFileSync(stampFile, "utf8") === hash && fs.existsSync(path.join(dist, "index.html"));
  } catch {
    return false;
  }
}

function build(hash) {
  const fresh = path.join(home, `dist-${process.pid}`);
  const old = `${fresh}-old`;
  const node = path.join(root, "node_modules/.bin/node");
  const vite = path.join(root, "node_modules/vite/bin/vite.js");
  try {
    execFileSync(node, [vite, "build", "--outDir", fresh, "--emptyOutDir", "--logLevel", "warn"], {
      cwd: home, stdio: "inherit", env: { ...process.env, NODE_ENV: "production" },
    });
    fs.writeFileSync(path.join(fresh, path.basename(stampFile)), hash);
    if (fs.existsSync(dist)) fs.renameSync(dist, old);
    fs.renameSync(fresh, dist);
  } finally {
    for (const folder of [fresh, old]) fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** True when it had to build. Throws when the build fails; Vite has said why. */
function buildConsole() {
  const hash = hashOfSources();
  if (isCurrent(hash)) return false;
  const startedMs = Date.now();
  console.log("Building the console…");
  build(hash);
  console.log(`The console is built (${((Date.now() - startedMs) / 1000).toFixed(1)} s).`);
  return true;
}

module.exports = { buildConsole };

if (require.main === module && !buildConsole()) console.log("The console is up to date.");
