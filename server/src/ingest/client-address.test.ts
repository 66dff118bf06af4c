import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { senderGroup } from "../core/trusted-addresses.ts";
import { createClientAddress } from "./client-address.ts";

/** The parts of a request that are looked at. */
function from(remoteAddress: string, forwarded?: string): IncomingMessage {
  return { socket: { remoteAddress }, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } } as IncomingMessage;
}

describe("the sender's address", () => {
  test.each<[readonly string[], string, string | undefined, string]>([
    [[], "::ffff:192.0.2.1", undefined, "192.0.2.1"],
    [[], "127.0.0.1", "203.0.113.9", "127.0.0.1"],
    [["loopback"], "127.0.0.1", "203.0.113.9", "203.0.113.9"],
    [["loopback"], "192.0.2.1", "203.0.113.9", "192.0.2.1"],
    [["loopback"], "127.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"],
    [["loopback", "10.0.0.0/8"], "127.0.0.1", "6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"],
    [["10.0.0.0/8"], "10.0.0.1", "10.0.0.7", "10.0.0.7"],
    [["private"], "192.168.1.1", "203.0.113.9:5050", "203.0.113.9"],
    [["2001:db8::/32"], "2001:db8::1", "[2001:db9::5]:443", "2001:db9::5"],
    [["true"], "192.0.2.1", "6.6.6.6, 203.0.113.9", "6.6.6.6"],
    [["loopback"], "127.0.0.1", "unknown", "127.0.0.1"],
    [["loopback"], "127.0.0.1", "<script>, 203.0.113.9", "203.0.113.9"],
  ])("trusting %j, from %s with %j is %s", (trusted, remote, forwarded, expected) => {
    expect(createClientAddress(trusted)(from(remote, forwarded))).toBe(expected);
  });

  test.each(["nonsense", "10.0.0.0/33", "10.0.0/8", "1.2.3.4/", "2"])("a setting of %s is refused by its name", (entry) => {
    expect(() => createClientAddress([entry])).toThrow(/TRUST_PROXY/);
  });

  test.each<[string | undefined, string]>([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:0:1::7", "2001:db8:0:1"],
    ["2001:DB8:0000:0001:ffff:1:2:3", "2001:db8:0:1"],
    ["2001:db8::1:7", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0"],
    [undefined, ""],
  ])("%s counts as %s when senders are limited", (address, group) => {
    expect(senderGroup(address)).toBe(group);
  });
});
