import { expect, test } from "vitest";
import { kindOf } from "./address-kind.ts";

test.each([
  ["a loopback address", "private", ["127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "0000::0001"]],
  ["a private address", "private", ["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "fec0::1"]],
  ["a unique local address", "private", ["fc00::1", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["an address of a carrier's network", "private", ["100.64.0.1", "100.127.255.255"]],
  ["an address for tests and examples", "private", ["192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "2001:db8::1", "3fff::1"]],
  ["a link-local address", "never", ["169.254.0.1", "169.254.255.255", "fe80::1", "febf::1"]],
  ["a cloud's metadata address", "never", ["169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"]],
  ["no address of a host", "never", ["0.0.0.0", "0.255.255.255", "255.255.255.255", "::", "0:0:0:0:0:0:0:0"]],
  ["a multicast address", "never", ["224.0.0.1", "239.255.255.255", "ff02::1"]],
  ["a reserved address", "never", ["240.0.0.1", "254.1.1.1", "192.0.0.1", "192.88.99.1", "100::1", "5f00::1", "4000::1", "1::1"]],
  ["an IPv4 address in another form", "never", [
    // v4-mapped, of private and of public ones, in both spellings; compatible; translated.
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8", "0:0:0:0:0:ffff:a9fe:a9fe", "::127.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1",
    // NAT64 of private ones, NAT64 of a site, 6to4, Teredo, ISATAP.
    "64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:808:808::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1",
  ]],
  ["no address", "never", ["", "localhost", "127.1", "0177.0.0.1", "0x7f000001", "2130706433", "fe80::1%eth0", "::1%lo", "1.2.3.4:80", "[::1]"]],
])("%s is %s", (what, kind, addresses) => {
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
