import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { decodeQuery, readPageQuery } from "./page-query.ts";

/** Any UTF-16 at all, half characters included. */
const anyText = fc.array(fc.oneof(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 0, max: 0xffff })), { maxLength: 30 }).map((units) => String.fromCharCode(...units));

describe("A page's query", () => {
  test("gives campaign parameters and click ids, decoded, the first of equal ones", () => {
    const query = readPageQuery("https://shop.example.com/?utm_source=news%20letter&UTM_Medium=e+mail&utm_source=other&gclid=a%2Bb&fbclid=f&x=1#top", "");
    expect(Object.fromEntries(query.campaign)).toEqual({ source: "news letter", medium: "e mail" });
    expect(query.clickIds).toEqual({ gclid: "a+b", fbclid: "f" });
  });

  test("is also read when it is given by itself, with or without its mark", () => {
    expect(readPageQuery("", "?gclid=1").clickIds).toEqual({ gclid: "1" });
    expect(readPageQuery("https://shop.example.com/", "msclkid=2").clickIds).toEqual({ msclkid: "2" });
  });

  test("knows the click ids of the networks in any case", () => {
    const names = ["gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", "dclid", "yclid", "epik", "rdt_cid", "ScCid", "irclickid", "mc_eid"];
    const query = readPageQuery(`https://shop.example.com/?${names.map((name) => `${name}=v`).join("&")}`, "");
    expect(Object.keys(query.clickIds)).toEqual(names.map((name) => name.toLowerCase()));
  });

  test("without anything of interest gives nothing", () => {
    for (const url of ["https://shop.example.com/", "https://shop.example.com/?a=1&utm_source", "https://shop.example.com/?=1&&&", "?", ""]) {
      const query = readPageQuery(url, "");
      expect([query.campaign.size, query.clickIds, query.userIds, query.anonymousIds, query.traitNames.size]).toEqual([0, {}, [], [], 0]);
    }
  });

  test.each([
    ["https://shop.example.com/?ajs_uid=u-1", "u-1"],
    ["https://shop.example.com/?a=1&ajs_uid=ann%40example.com", "ann@example.com"],
    ["https://shop.example.com/?ajs_uid=ann+b", "ann b"],
    ["https://shop.example.com/?ajs_uid=a=b", "a"],
    ["https://shop.example.com/?ajs_uid=a=b", "a=b"],
    ["https://shop.example.com/?ajs_uid=a;b", "a;b"],
    ["https://shop.example.com/?ajs_uid=a?b", "a?b"],
    ["https://shop.example.com/?ajs%5Fuid=u-1", "u-1"],
    ["https://shop.example.com/#/account?ajs_uid=u-1", "u-1"],
    ["https://shop.example.com/?x=1#/account?ajs_uid=u-1", "u-1"],
    ["https://shop.example.com/?ajs_uid=%", "%"],
    ["https://shop.example.com/?ajs_uid=1&ajs_uid=2", "1"],
    ["https://shop.example.com/?ajs_uid=1&ajs_uid=2", "2"],
  ])("%s may have identified its visitor as %j", (url, userId) => {
    expect(readPageQuery(url, "").userIds).toContain(userId);
  });

  test("tells anonymous ids and the names of traits", () => {
    const query = readPageQuery("https://shop.example.com/?ajs_aid=a-1&ajs_trait_email=x%40example.com&ajs_trait_plan=pro&ajs_prop_x=1", "");
    expect(query.anonymousIds).toContain("a-1");
    expect([...query.traitNames]).toEqual(["email", "plan"]);
  });

  test("never throws and never gives a half character", () => {
    fc.assert(fc.property(anyText, fc.string(), (url, search) => {
      const query = readPageQuery(`https://x/?utm_source=${url}`, search);
      for (const value of query.campaign.values()) expect(value.isWellFormed() || !url.isWellFormed()).toBe(true);
    }));
    expect(decodeQuery("%E0%A4%A")).toBe("%E0%A4%A");
    expect(decodeQuery("a%00b")).toBe("a\ufffdb");
  });
});
