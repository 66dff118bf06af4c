// The console through the real server, in Chromium: sign in with a token, see an event arrive, open its person; by
// pointer and by keyboard; hostile values stay text. Any violation of the policy, any error in the browser's console and
// any dialog fails it.
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest, OWNER_PASSWORD } from "./console-page.ts";
import { screens, UNFINISHED } from "./screens.ts";
import { HOSTILE_NAME, shopEvents } from "./screenshots/shop-events.ts";
import { API_TOKEN } from "./server-process.ts";

/** As the API answers when it takes no more from somebody for now. */
const refusedFor = (seconds: number): { status: number; headers: Record<string, string>; contentType: string; body: string } => ({
  status: 429, headers: { "retry-after": String(seconds) }, contentType: "application/problem+json",
  body: JSON.stringify({ status: 429, code: "rate_limited", message: "Too many requests.", hint: "Wait for the time in Retry-After, then send again.", request_id: "r-1" }),
});

describe.skipIf(chromiumPath === undefined)("the console", () => {
  const at = consoleTest({
    fill: async (server) => {
      await server.send("/v1/batch", { batch: shopEvents(Date.now()) });
      await server.settled();
    },
  });

  async function signInWithToken(): Promise<void> {
    await at.page.getByText("API token", { exact: true }).click();
    await at.page.getByRole("textbox", { name: "API token" }).fill(API_TOKEN);
    await at.page.getByRole("button", { name: "Sign in" }).click();
  }

  test("leads from signing in to an event that arrives, and to its person", async () => {
    const { page, server } = at;
    await page.goto(`${server.url}/live?type=identify`);
    await signInWithToken();
    // The browser itself says so of the answer 401 to the question who is signed in.
    at.forgiveStatus(401);
    await page.getByRole("heading", { level: 1, name: "Live debugger" }).waitFor();
    await page.getByText("Live. New events appear as they are stored.").waitFor();
    expect(new URL(page.url()).search).toBe("?type=identify");
    await server.send("/v1/identify", { messageId: "seen-live", userId: "u-live", traits: { name: "Nia Newcomer", email: "nia@example.com" } });
    // On its time: in the middle of the row stands the link to the person.
    await page.getByRole("row").filter({ hasText: "u-live" }).click({ position: { x: 24, y: 12 } });
    const panel = page.getByRole("complementary");
    await panel.getByText("Accepted, folded into profiles, and stored.").waitFor();
    expect(await panel.getByLabel("As received").innerText()).toContain('"email": "nia@example.com"');
    await panel.getByRole("link", { name: "Open person" }).click();
    await page.getByRole("heading", { level: 1, name: "Nia Newcomer" }).waitFor();
    await page.getByRole("group", { name: "Timeline" }).getByText("identify").first().waitFor();
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Nia Newcomer" }).waitFor();
  });

  test("lets somebody in by e-mail and password, who may change things and leave", async () => {
    const { page, server } = at;
    await page.goto(`${server.url}/sources/1`);
    await at.signIn(undefined, "not the password");
    expect(await page.getByRole("alert").innerText()).toContain("E-mail and password do not match.");
    await page.getByRole("textbox", { name: "Password" }).fill(OWNER_PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByText("Your new write key").waitFor();
    expect(await page.evaluate("sessionStorage.getItem('tributary.token')")).toBe(null);
    await page.goto(`${server.url}/live`);
    await page.getByText("Live. New events appear as they are stored.").waitFor();
    await page.getByRole("navigation").getByRole("button").nth(1).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await page.goto(`${server.url}/profiles`);
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    // The browser itself says so of answers 401: before signing in, of the wrong password, and after signing out.
    at.forgiveStatus(401);
  });

  test("keeps what comes in while it is paused until one resumes", async () => {
    const { page, server } = at;
    await at.open("/live?event=While+paused");
    await page.getByText("No event matches these filters").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await server.send("/v1/track", { event: "While paused", userId: "u-1" });
    await page.getByRole("button", { name: "1 new" }).waitFor();
    expect(await page.getByRole("gridcell").count()).toBe(0);
    await page.getByRole("button", { name: "Resume" }).click();
    await page.mouse.move(5, 5);
    await page.getByRole("gridcell", { name: "While paused" }).waitFor();
  });

  test("tells a repeat from the event that it repeats", async () => {
    const { page, server } = at;
    await at.open("/live?event=Order+Completed");
    await page.getByRole("row").filter({ hasText: "Repeat" }).click();
    const panel = page.getByRole("complementary");
    await panel.getByText("A repeat: this message id came before, so it counts once.").waitFor();
    await page.getByRole("row").filter({ hasText: "Stored" }).first().click();
    await panel.getByText("Accepted, folded into profiles, and stored.").waitFor();
  });

  test("is gone through by keyboard alone", async () => {
    const { page, server } = at;
    await at.open("/");
    await page.getByRole("heading", { level: 1, name: /^Running\./ }).waitFor();
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").locator("input:focus").waitFor();
    await page.keyboard.type("person2@example.com");
    await page.getByRole("dialog").getByText("Björn Straßenbahnhaltestelle").waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Björn Straßenbahnhaltestelle" }).waitFor();
    await page.goto(`${server.url}/live`);
    await page.getByRole("gridcell").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("complementary").getByText("The path it took").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("complementary").waitFor({ state: "detached" });
  });

  test("shows hostile values as the text that they are, on every screen that shows them", async () => {
    const { page, server } = at;
    await at.open("/profiles/user_id:hostile-1");
    await page.getByRole("heading", { level: 1, name: HOSTILE_NAME }).waitFor();
    for (const path of ["/profiles/user_id:hostile-1?tab=raw", "/profiles?search=hostile", "/live", "/profiles/user_id:hostile-1?tab=identity"]) {
      await page.goto(`${server.url}${path}`);
      await page.getByText("hostile").first().waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path).toBe(true);
      expect(await page.evaluate("document.querySelectorAll('img, [onerror], #root script').length"), path).toBe(0);
    }
  });

  test("makes a write key, shows it once, and puts it into the snippet", async () => {
    const { page, server } = at;
    await at.open("/sources/1");
    await page.getByRole("button", { name: "Make a key" }).click();
    const key = await page.getByRole("status").locator("code").innerText();
    expect(await page.getByLabel("Website", { exact: true }).and(page.locator("pre")).innerText()).toContain(key);
    await page.reload();
    await page.getByRole("button", { name: "Make a key" }).waitFor();
    expect(await page.content()).not.toContain(key);
  });

  test("gives everything that can be used a name", async () => {
    const { page, server } = at;
    for (const path of Object.values(screens)) {
      await at.open(path);
      await page.locator("h1").waitFor();
      await expect.poll(() => page.locator(UNFINISHED).count(), { message: path }).toBe(0);
      const snapshot = await page.locator("body").ariaSnapshot();
      expect(snapshot.match(/- (button|link|textbox|combobox)(?! ["/]).*/g) ?? [], path).toEqual([]);
      expect(await page.locator("h1").count(), path).toBe(1);
      expect(await page.locator("main").count(), path).toBe(1);
    }
    at.forgiveStatus(400, 404);
  });

  test("waits while the server takes no more for now, as if it were still loading, and tells when it is refused for good", async () => {
    const { page } = at;
    let [asked, refusals] = [0, 2];
    await page.route(/\/api\/v1\/sources\?/, (route) => (++asked > refusals ? route.continue() : route.fulfill(refusedFor(1))));
    await at.open("/sources");
    await expect.poll(() => asked).toBe(2);
    expect([await page.getByRole("alert").count(), await page.locator(UNFINISHED).count() > 0]).toEqual([0, true]);
    await expect.poll(() => page.locator(UNFINISHED).count()).toBe(0);
    expect([asked, await page.getByRole("alert").count()]).toEqual([3, 0]);
    [asked, refusals] = [0, 3];
    await page.reload();
    await page.getByRole("alert").getByText("Too many requests. Try again in 1 second.", { exact: true }).waitFor();
    expect(asked).toBe(3);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
    at.forgiveStatus(429);
  });

  test("does not repeat by itself what changes something, and says when it may be done again", async () => {
    const { page } = at;
    let asked = 0;
    await at.open("/sources/1");
    await page.route(/\/api\/v1\/sources\/1\/keys$/, (route) => (route.request().method() === "POST" && ++asked === 1 ? route.fulfill(refusedFor(7)) : route.continue()));
    await page.getByRole("button", { name: "Make a key" }).click();
    const alert = page.getByRole("alert");
    await alert.getByText("Too many requests. It was not done. Try again in 7 seconds.", { exact: true }).waitFor();
    expect(asked).toBe(1);
    await alert.getByRole("button", { name: "Try again" }).click();
    await page.getByText("Your new write key").waitFor();
    expect(asked).toBe(2);
    at.forgiveStatus(429);
  });

  test("refuses a wrong token, and says what to do", async () => {
    const { page, server } = at;
    await page.goto(`${server.url}/`);
    await page.getByText("API token", { exact: true }).click();
    await page.getByRole("textbox", { name: "API token" }).fill("not-a-token-of-this-server");
    await page.getByRole("button", { name: "Sign in" }).click();
    expect(await page.getByRole("alert").innerText()).toContain("This token is not valid.");
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    // The browser itself says so of the answer 401.
    at.forgiveStatus(401);
  });
});
