import { expect, test } from "vitest";
import { privateHosts } from "./private-hosts.ts";

const opens = (entries: string[], host: string, port: number, address: string): boolean => privateHosts(entries).opens({ host, port }, address);

test("nothing named, nothing opened", () => {
  expect(opens([], "db.internal", 5432, "10.0.0.1")).toBe(false);
});

test("a name opens where it leads to, at its port or at every one", () => {
  expect(opens(["DB.internal."], "db.internal", 5432, "10.0.0.1")).toBe(true);
  expect(opens(["db.internal:5432"], "db.internal", 5432, "10.0.0.1")).toBe(true);
  expect(opens(["db.internal:5432"], "db.internal", 22, "10.0.0.1")).toBe(false);
  expect(opens(["db.internal"], "evil.example.com", 5432, "10.0.0.1")).toBe(false);
  expect(opens(["db.internal"], "x.db.internal", 5432, "10.0.0.1")).toBe(false);
});

test("an address or a range opens whoever is found there", () => {
  expect(opens(["10.0.0.1"], "any.example.com", 1, "10.0.0.1")).toBe(true);
  expect(opens(["10.0.0.1"], "any.example.com", 1, "10.0.0.2")).toBe(false);
  expect(opens(["10.0.0.1:5432"], "any.example.com", 5432, "10.0.0.1")).toBe(true);
  expect(opens(["10.0.0.1:5432"], "any.example.com", 22, "10.0.0.1")).toBe(false);
  expect(opens(["10.1.0.0/16"], "any.example.com", 1, "10.1.255.255")).toBe(true);
  expect(opens(["10.1.0.0/16"], "any.example.com", 1, "10.2.0.0")).toBe(false);
  expect(opens(["[fd00::1]:9092"], "any.example.com", 9092, "fd00:0::1")).toBe(true);
  expect(opens(["[fd00::1]:9092"], "any.example.com", 9093, "fd00::1")).toBe(false);
  expect(opens(["fd00::/8"], "any.example.com", 1, "fdab::1")).toBe(true);
  expect(opens(["fd00::1"], "any.example.com", 1, "fd00::2")).toBe(false);
  expect(opens(["10.0.0.1", "a.internal"], "a.internal", 1, "192.168.1.1")).toBe(true);
});

test.each([
  "*", "*.internal", "http://a.internal", "a.internal/x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/8:80", "fe80::1%eth0", "a:0", "a:99999",
  "a:b", "2130706433", "0x7f.1", "127.1", "a b", "-a", "", "[fd00::1", "user@host",
])("%j is refused by the setting's name", (entry) => {
  expect(() => privateHosts([entry])).toThrow(/OUTBOUND_PRIVATE_HOSTS/);
});
