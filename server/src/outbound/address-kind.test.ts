import { expect, test } from "vitest";
import { kindOf } from "./address-kind.ts";
import { hostileAddresses } from "./testing.ts";

test.each([...hostileAddresses, ["no address", "never", ["", "localhost", "127.1", "0177.0.0.1", "0x7f000001", "2130706433", "fe80::1%eth0", "::1%lo", "1.2.3.4:80", "[::1]"]] as const])("%s is %s", (what, kind, addresses) => {
  expect(addresses.map((address) => [address, kindOf(address)])).toEqual(addresses.map((address) => [address, { kind, what }]));
});

test("what lies beside those is public", () => {
  const beside = [
    "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
    "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.17",
    "2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:200::1", "2003::1",
    // Where a network has IPv6 alone.
    "64:ff9b::8.8.8.8",
  ];
  expect(beside.filter((address) => kindOf(address).kind !== "public")).toEqual([]);
});
