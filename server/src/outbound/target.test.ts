import { expect, test } from "vitest";
import { targetOf, targetOfAnyUrl, targetOfUrl } from "./target.ts";

test.each([
  ["https://api.example.com/v1/x?y=1#z", "api.example.com", 443, "https://api.example.com", "/v1/x?y=1"],
  ["http://API.Example.COM.:8080", "api.example.com", 8080, "http://api.example.com:8080", "/"],
  ["http://127.0.0.1:80/a", "127.0.0.1", 80, "http://127.0.0.1", "/a"],
  ["http://[::1]:9000/", "::1", 9000, "http://[::1]:9000", "/"],
  ["http://[::FFFF:127.0.0.1]/", "::ffff:7f00:1", 80, "http://[::ffff:7f00:1]", "/"],
  ["https://münchen.example.com/", "xn--mnchen-3ya.example.com", 443, "https://xn--mnchen-3ya.example.com", "/"],
  ["https:\\\\example.com\\a", "example.com", 443, "https://example.com", "/a"],
])("%s leads to %s, port %i", (text, host, port, origin, path) => {
  expect(targetOfUrl(text)).toEqual({ host, port, origin, path, isTls: text.startsWith("https") });
});

test.each([
  "", "example.com", "//example.com", "ftp://example.com", "file:///etc/passwd", "gopher://127.0.0.1:25/", "data:text/plain,x", "http://", "http://./", "http://a..",
  "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[::1", "http://1.2.3.4.5/", "http://256.1.1.1/", "http://example.com:99999/", "http://example.com:0/",
  // What is before the @ is no host.
  "http://example.com@127.0.0.1/", "http://user:password@example.com/", "http://a%40b@example.com", "http://exa mple.com/", "http://example.com\0/",
  // Other forms of 127.0.0.1, and of an address that may be reached.
  "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://017700000001/", "http://127.1/", "http://127.0.1/", "http://0/",
  "http://①②⑦.⓪.⓪.①/", "http://１２７.０.０.１/", "http://127。0。0。1/", "http://%31%32%37.0.0.1/", "http://134744072/", "http://0x8.8.8.8/",
])("%j is no address", (text) => {
  expect(() => targetOfUrl(text)).toThrow(expect.objectContaining({ failure: "bad_address" }));
});

test("of other schemes the host and the port count", () => {
  expect(targetOfAnyUrl("postgres://user:password@db.example.com:5432/x?sslmode=require")).toEqual({ host: "db.example.com", port: 5432 });
  expect(targetOfAnyUrl("smtp://[2606:4700::1]:587")).toEqual({ host: "2606:4700::1", port: 587 });
  expect(targetOfAnyUrl("https://example.com")).toMatchObject({ host: "example.com", port: 443 });
  for (const text of ["postgres://db.example.com/x", "postgres://0177.0.0.1:5432", "postgres://2130706433:5432/", "postgres:///tmp/socket", "mailto:a@example.com"]) {
    expect(() => targetOfAnyUrl(text), text).toThrow(expect.objectContaining({ failure: "bad_address" }));
  }
});

test("a host and a port are read as in a URL", () => {
  expect(targetOf({ host: "Kafka.Example.com.", port: 9092 })).toEqual({ host: "kafka.example.com", port: 9092 });
  expect(targetOf({ host: "[::1]", port: 1 })).toEqual({ host: "::1", port: 1 });
  expect(targetOf({ host: "0:0::1", port: 1 })).toEqual({ host: "::1", port: 1 });
  const bad = ["", "a/b", "a@b", "a b", "::1%lo", "fe80::1%eth0", "2130706433", "127.1", "0x7f.1", "a:b", "a%62", "/var/run/x.sock", "a\\b", "①.①.①.①"];
  for (const host of bad) expect(() => targetOf({ host, port: 1 }), host).toThrow(expect.objectContaining({ failure: "bad_address" }));
  for (const port of [0, -1, 65_536, 1.5, Number.NaN]) expect(() => targetOf({ host: "a.example.com", port })).toThrow(expect.objectContaining({ failure: "bad_address" }));
});
