// The Chromium of this machine, for tests and pictures: CHROMIUM_PATH, or where systems put it. Undefined where there is none.
import { existsSync } from "node:fs";

const candidates = [process.env["CHROMIUM_PATH"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export const chromiumPath = candidates.find((path) => path !== undefined && existsSync(path));
export const chromiumFlags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
