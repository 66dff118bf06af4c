// A real shell reads what people copy.
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { curlOfEvent, curlOfRead, quoted } from "./curl.ts";

/** What the command gets as its arguments. */
const argumentsOf = (command: string): string[] =>
  JSON.parse(execFileSync("sh", ["-c", `curl() { "${process.execPath}" -e 'console.log(JSON.stringify(process.argv.slice(1)))' -- "$@"; }\n${command}`], { encoding: "utf8", env: { WRITE_KEY: "wk_1", API_TOKEN: "t_1", PATH: process.env["PATH"] } }));

const hostile = `{"name":"it's $(rm) \`x\` \\" ; & | < > ! \\\\ \\n"}`;

test("the body reaches the command byte for byte", () => {
  expect(argumentsOf(curlOfEvent("https://cdp.example.com", "track", hostile)).at(-1)).toBe(hostile);
  expect(argumentsOf(curlOfEvent("https://cdp.example.com", "track", hostile)).slice(0, 3)).toEqual(["-u", "wk_1:", "https://cdp.example.com/v1/track"]);
});

test("an event without a known type goes in a batch", () => {
  const sent = argumentsOf(curlOfEvent("https://cdp.example.com", "", "{}"));
  expect(sent[2]).toBe("https://cdp.example.com/v1/batch");
  expect(sent.at(-1)).toBe('{"batch":[{}]}');
});

test("an address is one word", () => {
  expect(argumentsOf(curlOfRead("https://cdp.example.com", "/profiles/email:a'b")).at(-1)).toBe("https://cdp.example.com/api/v1/profiles/email:a'b");
  expect(quoted("a'b")).toBe(`'a'\\''b'`);
});
