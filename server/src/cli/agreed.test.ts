import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { isAgreed } from "./agreed.ts";
import { countOf, shellWord, timeOf } from "./given.ts";
import { lineText, plainText } from "./output.ts";

async function answered(answer: string): Promise<{ readonly agreed: boolean; readonly shown: string }> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end(answer);
  const agreed = await isAgreed("Send them?", { isTerminal: true, input, output });
  return { agreed, shown: String(output.read()) };
}

test("only a yes is one; whoever says nothing, or closes the terminal before it is entered, has not agreed", async () => {
  for (const yes of ["y\n", "YES\n", " yes \n"]) expect(await answered(yes)).toMatchObject({ agreed: true, shown: expect.stringContaining("Send them? [y/N]") });
  for (const no of ["\n", "n\n", "yesterday\n", "", "y"]) expect((await answered(no)).agreed).toBe(false);
});

test("where nobody sits at a terminal, nothing is agreed, and what to say instead is told", async () => {
  const nobody = { isTerminal: false, input: new PassThrough(), output: new PassThrough() };
  await expect(isAgreed("Send them?", nobody)).rejects.toMatchObject({ message: expect.stringContaining("nothing was done"), hint: expect.stringContaining("--yes") });
});

test("times are taken as tables show them and as ISO 8601 writes them, and nothing else is", () => {
  expect(timeOf("2026-07-04", "--from")).toBe("2026-07-04T00:00:00.000Z");
  expect(timeOf("2026-07-04 10:00:05", "--from")).toBe("2026-07-04T10:00:05.000Z");
  expect(timeOf("2026-07-04T10:00:00+02:00", "--from")).toBe("2026-07-04T08:00:00.000Z");
  for (const wrong of ["", "yesterday", "2026-02-30", "2026-13-01", "2026-07-04 25:00", "07/04/2026", "1783159200"]) expect(() => timeOf(wrong, "--from"), wrong).toThrow("no time");
  expect(countOf("20", "--limit")).toBe(20);
  for (const wrong of ["0", "-1", "1.5", "many", ""]) expect(() => countOf(wrong, "--limit"), wrong).toThrow("no number");
});

test("what others wrote can't steer the terminal, nor run in a shell that it is pasted into", () => {
  expect(plainText("a\u001b[2Jb\u009bc\r\n\td")).toBe("a[2Jbc\n\td");
  expect(lineText(" one\n two\u0007 ")).toBe("one two");
  expect([shellWord("order-1"), shellWord("$(reboot)"), shellWord("it's"), shellWord("")]).toEqual(["order-1", "'$(reboot)'", "'it'\\''s'", "''"]);
});
