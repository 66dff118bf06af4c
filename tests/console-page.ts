// The console under test: a real server and Chromium for the tests of one file, a page of its own for each test. Any violation
// of the policy, any error in the browser's console, any dialog and any address of others that is loaded fails the test.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { chromiumFlags, chromiumPath } from "./chromium.ts";
import { API_TOKEN, startServerProcess, type ServerProcess } from "./server-process.ts";

export const OWNER_EMAIL = "owner@example.com";
export const OWNER_PASSWORD = "a long enough password 4711";

export interface ConsoleTestOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Of the browser, as `de-DE`; else English. */
  readonly locale?: string;
  /** Called once, with the server running, before the first test. */
  readonly fill?: (server: ServerProcess) => Promise<void>;
}

export interface ConsoleTest {
  readonly server: ServerProcess;
  readonly browser: Browser;
  readonly page: Page;
  /** What the browser complained of in this test; must be empty at its end. */
  readonly complaints: string[];
  /** A page of another visitor, watched as the first is; closed at the end of the test. */
  newPage(): Promise<Page>;
  /** Opens a page as somebody whose tab holds the API token. */
  open(path: string): Promise<void>;
  /** Signs in on the sign-in page that is shown. */
  signIn(email?: string, password?: string, page?: Page): Promise<void>;
  /** The browser itself says so of answers with an error; takes those of these statuses out of the complaints. */
  forgiveStatus(...statuses: readonly number[]): void;
}

const WIDTH_PX = 1280;
const HEIGHT_PX = 800;
const STEP_MAX_MS = 45_000;

/** Called within `describe.skipIf(chromiumPath === undefined)`. */
export function consoleTest({ env = {}, locale = "en-US", fill }: ConsoleTestOptions = {}): ConsoleTest {
  let server: ServerProcess | undefined;
  let browser: Browser | undefined;
  let page: Page | undefined;
  let complaints: string[] = [];
  const pages: Page[] = [];

  async function newPage(): Promise<Page> {
    const made = await (await present(browser).newContext({ viewport: { width: WIDTH_PX, height: HEIGHT_PX }, locale })).newPage();
    pages.push(made);
    made.setDefaultTimeout(STEP_MAX_MS);
    const { url } = present(server);
    made.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    made.on("pageerror", (error) => complaints.push(error.message));
    made.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    made.on("request", (request) => void (/^(data|blob):/.test(request.url()) || request.url().startsWith(url) || complaints.push(`loads ${request.url()}`)));
    return made;
  }

  beforeAll(async () => {
    execFileSync(process.execPath, [fileURLToPath(new URL("../bin/build-console.cjs", import.meta.url))]);
    server = await startServerProcess({ env: { TRIBUTARY_ADMIN_EMAIL: OWNER_EMAIL, TRIBUTARY_ADMIN_PASSWORD: OWNER_PASSWORD, ...env } });
    await fill?.(server);
    browser = await chromium.launch({ args: chromiumFlags, ...(chromiumPath && { executablePath: chromiumPath }) });
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.remove();
  });

  beforeEach(async () => {
    complaints = [];
    page = await newPage();
  });

  afterEach(async () => {
    for (const one of pages.splice(0)) await one.context().close();
    expect(complaints).toEqual([]);
  });

  return {
    get server() { return present(server); },
    get browser() { return present(browser); },
    get page() { return present(page); },
    get complaints() { return complaints; },
    newPage,
    async open(path) {
      await present(page).addInitScript(`sessionStorage.setItem("tributary.token", "${API_TOKEN}")`);
      await present(page).goto(`${present(server).url}${path}`);
    },
    async signIn(email = OWNER_EMAIL, password = OWNER_PASSWORD, on = present(page)) {
      await on.getByRole("textbox", { name: "E-mail" }).fill(email);
      await on.getByRole("textbox", { name: "Password" }).fill(password);
      await on.getByRole("button", { name: "Sign in", exact: true }).click();
    },
    forgiveStatus(...statuses) {
      const others = complaints.filter((text) => !statuses.some((status) => text.includes(`status of ${status}`)));
      complaints.splice(0, complaints.length, ...others);
    },
  };
}

function present<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error("This is there only while a test runs.");
  return thing;
}
