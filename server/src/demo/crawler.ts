// A crawler: reads pages, keeps no cookies, and so is a new visitor each time.
import { crawlers } from "./devices.ts";
import type { EpisodeWriter } from "./episode.ts";
import { catalogue } from "./catalogue.ts";
import { anonymousId } from "./people.ts";

export function writeCrawl(writer: EpisodeWriter, n: number): void {
  const { person, dice } = writer;
  const key = `${person.index}.crawl${n}`;
  for (let pages = dice.between(4, 14), at = 0; pages > 0; pages--) {
    const product = dice.pick(catalogue);
    const url = `https://shop.example.com/p/${product.id}`;
    at += 1_000 + dice.below(3_000);
    writer.add({
      source: "website", atMs: writer.startMs + at, shows: [key], type: "page", name: "Product", anonymousId: anonymousId(writer.plan, key),
      properties: { url, path: `/p/${product.id}`, title: product.name },
      context: { library: { name: "analytics.js", version: "next-1.84.3" }, userAgent: crawlers[person.index % crawlers.length],
        ip: person.ip, page: { url } },
    });
  }
}
