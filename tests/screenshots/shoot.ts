// One picture of one page, once it is all there.
import type { Page } from "playwright-core";
import { UNFINISHED } from "../screens.ts";

export async function shoot(page: Page, url: string, path: string, file: string): Promise<void> {
  await page.goto(`${url}${path}`);
  await page.locator("h1").first().waitFor();
  await finished(page);
  await page.screenshot({ path: file });
}

/** Nothing on it is still on its way. */
export async function finished(page: Page): Promise<void> {
  for (let i = 0; i < 400 && (i < 3 || (await page.locator(UNFINISHED).count()) > 0); i++) await page.waitForTimeout(50);
  await page.waitForTimeout(250); // What fades in has done so.
}
