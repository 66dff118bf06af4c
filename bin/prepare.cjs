// Runs before `npm start` and `npm test`, on whatever Node the machine has (plain CommonJS, no dependency):
// installs the pinned packages when they are missing or older than the lockfile.
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const lock = path.join(root, "package-lock.json");
const installed = path.join(root, "node_modules", ".package-lock.json");

function isCurrent() {
  try {
    return fs.statSync(installed).mtimeMs >= fs.statSync(lock).mtimeMs && fs.existsSync(path.join(root, "node_modules", "node", "bin", "node"));
  } catch {
    return false;
  }
}

if (!isCurrent()) {
  console.log("Installing the pinned packages (about 950 MB on disk, the two databases included)…");
  // Under npm 12 no package runs its install script unless package.json names it in allowScripts.
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, stdio: "inherit" });
  const now = new Date();
  fs.utimesSync(installed, now, now);
}
