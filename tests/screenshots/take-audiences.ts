// The README's pictures of audiences, of the demo shop: the builder with who is also elsewhere, why somebody is in, and what a change changed.
import { join } from "node:path";
import type { Page } from "playwright-core";
import { makeAudiences, type CallShop, type ShopAudiences } from "./shop-audiences.ts";
import { finished, shoot } from "./shoot.ts";

const COMPARED = 3;

export async function takeAudiences(page: Page, url: string, call: CallShop, folder: string): Promise<ShopAudiences> {
  const made = await makeAudiences(call);
  const { slug, others, person } = made;
  await page.goto(`${url}/audiences/${slug}/edit`);
  const preview = page.getByRole("complementary", { name: "Who this is" });
  await preview.getByText("Overlap", { exact: true }).click();
  await preview.getByRole("button", { name: "add an audience…" }).click();
  for (const one of others.slice(0, COMPARED)) await page.locator(`[role=option][value="${one}"]:visible`).click();
  await page.keyboard.press("Escape");
  await preview.getByRole("img").waitFor();
  await page.evaluate("document.activeElement?.blur()");
  await finished(page);
  await page.screenshot({ path: join(folder, "console-builder.png") });
  await shoot(page, url, `/audiences/${slug}?tab=why&person=${person}`, join(folder, "console-why.png"));
  await shoot(page, url, `/audiences/${slug}?tab=versions`, join(folder, "console-versions.png"));
  return made;
}
