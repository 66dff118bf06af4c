import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { canonicalAddress, compileAddressRanges, keptAddress, senderAddress } from "./sender-address.ts";

describe("An address has one form", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    [" 203.0.113.7 ", "203.0.113.7"],
    ["203.0.113.7, 10.0.0.1", "203.0.113.7"],
    ["203.0.113.7:8080", "203.0.113.7"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
    ["2001:db8:1:1:1:1:0:1", "2001:db8:1:1:1:1:0:1"],
    ["fe80::1%eth0", "fe80::1"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::ffff:cb00:7107", "203.0.113.7"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["256.1.1.1", ""],
    ["1.2.3", ""],
    ["localhost", ""],
    ["2001:db8::1::2", ""],
    ["[", ""],
    ["", ""],
    ["x".repeat(10_000), ""],
  ])("%j is %j", (given, expected) => {
    expect(canonicalAddress(given)).toBe(expected);
  });

  test("which does not change when it is read again", () => {
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      const once = canonicalAddress(address);
      expect(once).not.toBe("");
      expect(canonicalAddress(once)).toBe(once);
    }));
  });
});

describe("The sender's address", () => {
  test.each<[string, string, string | undefined, boolean, string]>([
    ["is what the payload says", "198.51.100.1", "203.0.113.7", false, "198.51.100.1"],
    ["is the connection's when the payload is silent", "", "203.0.113.7", false, "203.0.113.7"],
    ["is the connection's when the payload says rubbish", "unknown", "203.0.113.7", false, "203.0.113.7"],
    ["is the connection's when the payload says what a server sees of itself", "127.0.0.1", "203.0.113.7", false, "203.0.113.7"],
    ["is none when the payload asks for none", "0.0.0.0", "203.0.113.7", false, ""],
    ["is never a server's own", "", "203.0.113.7", true, ""],
    ["is what a server says about its visitor", "198.51.100.1", "203.0.113.7", true, "198.51.100.1"],
    ["is none when nobody says one", "", undefined, false, ""],
  ])("%s", (_title, payload, connection, isFromServer, expected) => {
    expect(senderAddress(payload, connection, isFromServer)).toBe(expected);
  });

  test.each<["keep" | "truncate" | "drop", string, string]>([
    ["keep", "203.0.113.7", "203.0.113.7"],
    ["truncate", "203.0.113.7", "203.0.113.0"],
    ["truncate", "2001:db8:1:2:3:4:5:6", "2001:db8:1::"],
    ["truncate", "::1", "::"],
    ["truncate", "", ""],
    ["drop", "203.0.113.7", ""],
  ])("with the setting %s leaves of %j %j", (setting, address, expected) => {
    expect(keptAddress(address, setting)).toBe(expected);
  });
});

describe("Internal ranges", () => {
  const isInternal = compileAddressRanges(["10.0.0.0/8", " 203.0.113.7 ", "2001:db8::/32", "nonsense", "10.0.0.0/99"]);

  test.each([
    ["10.1.2.3", true],
    ["11.1.2.3", false],
    ["203.0.113.7", true],
    ["203.0.113.8", false],
    ["2001:db8:ffff::1", true],
    ["2001:db9::1", false],
    ["", false],
  ])("%j inside: %s", (address, expected) => {
    expect(isInternal(address)).toBe(expected);
    expect(isInternal(address)).toBe(expected);
  });
});
