import { expect, test } from "vitest";
import { createSeal, createSourceSeal } from "./sealed-text.ts";

const secret = "an install secret of at least thirty-two bytes";
const text = "a signing key ✓";

test("what is sealed opens again, shows nothing, and is another text each time", () => {
  const seal = createSourceSeal(secret);
  const [one, other] = [seal.seal(text, 1), seal.seal(text, 1)];
  expect(one).toMatch(/^sealed\.v1\.[\w-]+$/);
  expect(one).not.toBe(other);
  expect(Buffer.from(one.slice(10), "base64url").toString("latin1")).not.toContain("signing");
  expect([createSourceSeal(secret).open(one, 1), seal.open(other, 1)]).toEqual([text, text]);
});

test("what can't be opened gives what nobody can guess, the same each time", () => {
  const seal = createSourceSeal(secret);
  const sealed = seal.seal(text, 1);
  const damaged = `${sealed.slice(0, 20)}${sealed[20] === "A" ? "B" : "A"}${sealed.slice(21)}`;
  const opened = [
    seal.open(sealed, 2), seal.open(damaged, 1), seal.open(sealed.slice(0, 30), 1), seal.open("sealed.v1.", 1), seal.open(text, 1), seal.open("", 1),
    createSourceSeal(`${secret}.`).open(sealed, 1), createSeal(secret, "something else").open(sealed, 1),
  ];
  for (const one of opened) expect(one).toMatch(/^[\w-]{43}$/);
  expect(seal.open(damaged, 1)).toBe(opened[1]);
  expect(seal.open("", 1)).not.toBe(createSourceSeal(`${secret}.`).open("", 1));
});
