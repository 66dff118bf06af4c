// A split that somebody at the desk proposes: it waits on Merges for those who may decide, opens with its identifiers selected, and
// is previewed and done, or declined; nobody else is shown it.
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import type { ServerProcess } from "./server-process.ts";

interface Answer {
  readonly id: string;
  readonly identifiers: readonly { readonly key: string; readonly namespace: string }[];
}

let server: ServerProcess;
let agentToken = "";

async function fill(started: ServerProcess): Promise<void> {
  server = started;
  await server.send("/v1/batch", { batch: ["1", "2"].flatMap((n) => [
    { type: "page", name: "Home", anonymousId: `tablet-${n}` },
    { type: "identify", userId: `u-${n}`, anonymousId: `tablet-${n}`, traits: { name: `Person ${n}`, email: `person${n}@example.com` } },
  ]) });
  await server.settled();
  agentToken = (await server.api<{ secret: string }>("/tokens", { method: "POST", body: { name: "Kim at the desk", scopes: ["read", "service"] } })).secret;
}

async function propose(userId: string, reason: string): Promise<void> {
  const { identifiers } = await server.api<Answer>(`/profiles/user_id:${userId}?include=provenance`);
  const key = identifiers.find(({ namespace }) => namespace === "anonymous_id")?.key;
  await server.api(`/profiles/user_id:${userId}/unmerge-proposals`, { method: "POST", body: { keys: [key], reason }, headers: { authorization: `Bearer ${agentToken}` } });
}

describe.skipIf(chromiumPath === undefined)("proposed splits", () => {
  const at = consoleTest({ fill });

  test("one is looked at with its identifiers selected, previewed and done", async () => {
    await propose("u-1", "It is <b>her mother's</b> tablet");
    await at.open("/identity");
    const waiting = at.page.getByRole("region", { name: "1 proposed split waits for a decision" });
    await waiting.getByText("Kim at the desk proposes to split these off, because").waitFor();
    expect(await waiting.innerText()).toContain("It is <b>her mother's</b> tablet");
    await waiting.getByRole("link", { name: "Look at it" }).click();
    const proposals = at.page.getByRole("region", { name: "Proposed splits" });
    await proposals.getByText("tablet-1").waitFor();
    await at.page.getByText("1 identifier selected").waitFor();
    expect(await at.page.getByRole("button", { pressed: true }).innerText()).toContain("tablet-1");
    await proposals.getByRole("button", { name: "Look at both sides…" }).click();
    const dialog = at.page.getByRole("dialog", { name: "Split one person in two" });
    await dialog.getByRole("region", { name: "Splits off" }).getByText("tablet-1").first().waitFor();
    await dialog.getByRole("button", { name: "Split them" }).click();
    // Written into the log, decided, found in it again: on a busy machine that takes its time.
    await dialog.getByText("They are two people now.").waitFor({ timeout: 60_000 });
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await proposals.waitFor({ state: "detached" });
    const { id } = await server.api<Answer>("/profiles/user_id:u-1");
    expect((await server.api<Answer>("/profiles/anonymous_id:tablet-1")).id).not.toBe(id);
    const desk = await server.api<{ proposals: { state: string }[] }>("/profiles/user_id:u-1/desk");
    expect(desk.proposals.map(({ state }) => state)).toEqual(["accepted"]);
  });

  test("one is declined, and nothing is split; a viewer was shown neither", async () => {
    await propose("u-2", "He says so");
    const viewer = await server.api<{ password: string }>("/members", { method: "POST", body: { email: "vic@example.com", role: "viewer" } });
    const { id } = await server.api<Answer>("/profiles/user_id:u-2");
    const other = await at.newPage();
    await other.goto(`${at.server.url}/sign-in?next=${encodeURIComponent(`/profiles/${id}?tab=identity`)}`);
    await at.signIn("vic@example.com", viewer.password, other);
    await other.getByRole("region", { name: "How the identifiers of this person are tied together" }).first().waitFor();
    expect(await other.getByText("He says so").count()).toBe(0);
    at.forgiveStatus(401);
    await at.open(`/profiles/${id}?tab=identity`);
    const proposals = at.page.getByRole("region", { name: "Proposed splits" });
    await proposals.getByRole("button", { name: "Select them below" }).click();
    await at.page.getByText("1 identifier selected").waitFor();
    expect(new URL(at.page.url()).searchParams.get("proposal")).toMatch(/^[0-9a-f-]{36}$/);
    await proposals.getByRole("button", { name: "Decline" }).click();
    await proposals.waitFor({ state: "detached" });
    expect((await server.api<Answer>("/profiles/anonymous_id:tablet-2")).id).toBe(id);
    const desk = await server.api<{ proposals: { state: string }[] }>("/profiles/user_id:u-2/desk");
    expect(desk.proposals.map(({ state }) => state)).toEqual(["declined"]);
  });
});
