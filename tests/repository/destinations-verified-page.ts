// What was really seen of each destination, as a page: of the catalog by what its tests compare with what happens, of our own by the test that
// stands beside each. Nothing is claimed here that one of them does not hold.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ownDestinations } from "../../server/src/destinations/destinations.ts";
import { outboundToLoopback, seenDestinations, type Seen, type SeenDestination } from "../../server/src/destinations/testing.ts";
import { root } from "./source-files.ts";

/** Slug → the test beside it, and what stood there for the other side. */
const own: Readonly<Record<string, { readonly test: string; readonly against: string }>> = {
  "signed-webhook": { test: "webhook", against: "a server on loopback" },
  "smtp": { test: "mail", against: "a mail server of the tests" },
  "files": { test: "files", against: "real files; Parquet is read back by ClickHouse" },
  "s3-files": { test: "s3", against: "a server on loopback; the signature, the examples that AWS publishes" },
  "postgres": { test: "postgres", against: "a real Postgres" },
  "clickhouse": { test: "clickhouse", against: "a real ClickHouse, and a server on loopback" },
  "kafka-topic": { test: "kafka", against: "a broker of our own making" },
  "google-ads-data-manager": { test: "advertising", against: "a server on loopback, by Google's documentation" },
  "x-audiences": { test: "advertising", against: "a server on loopback, by X's documentation" },
  "linkedin-matched-audiences": { test: "advertising", against: "a server on loopback, by LinkedIn's documentation" },
};

const SUITE = "destinationContract(";

export async function destinationsVerifiedPage(notice: string, table: (head: readonly string[], rows: readonly (readonly string[])[]) => string): Promise<string> {
  const all = (await seenDestinations()).toSorted((a, b) => a.slug.localeCompare(b.slug, "en"));
  const count = (kind: Seen["kind"]): string => String(all.filter(({ seen }) => seen.kind === kind).length);
  return `# What was verified of each destination

${notice}

**Sent to a real vendor: none.** All that stands here was seen with servers of the tests in the vendors' place: it says what leaves, and nothing of
whether a vendor takes it today. Before you switch one on, send a test event from its page in the console; it shows the request and the vendor's own answer.

## Of Segment's catalog

${table(["What was seen", "Destinations", "Held by"], [
  ["**contract**: the requests of the actions that are named are compared with recorded ones (address, headers and body), and what is made of good and bad replies is tested. Other actions were not looked at", count("contract"), "`server/src/destinations/catalog/contracts.test.ts`"],
  ["**request**: it is made, and one event through the action that is named made it send at least one request, which may be a question before the event itself. What stood in it was compared with nothing, and every reply was an empty yes", count("request"), "`server/src/destinations/catalog/every-destination.test.ts`"],
  ["**no request**: it is made, and its form took the values of the tests, but its own code said no to them before it asked anybody anything. That may be the values' fault: they are made of what its form shows alone", count("refused"), "the same"],
  ["**not seen**: it is made, and takes its settings and a payload. What it sends goes by a library of its own, and nothing of it was seen", count("unseen"), "the same; that Kafka and SFTP reach no private address, and S3 none but AWS's, `server/src/destinations/catalog/unseen.test.ts`"],
  ["**not offered**: it loads, and can't be set up", count("hidden"), "`server/src/destinations/catalog/definitions.test.ts`"],
])}

${table(["Destination", "Slug", "What was seen"], all.map((one) => [one.name, `\`${one.slug}\``, `${seenText(one)}${one.connectionSaid === undefined ? "" : `. Its test of the connection said “${one.connectionSaid}”`}`]))}

## Of our own

Each has a test beside it. *Suite* is the one that all which speak HTTP pass: exact requests, good and bad replies, secrets and hostile text
([what it asks](own-destinations.md#what-was-proven)).

${table(["Destination", "Slug", "Test", "Suite", "What stood for the other side"], ownRows())}
`;
}

function seenText({ seen, actions }: Pick<SeenDestination, "seen" | "actions">): string {
  const of = actions === 1 ? "its one action" : `of ${actions} actions`;
  switch (seen.kind) {
    case "contract": return `contract: ${seen.actions.map((action) => `\`${action}\``).join(", ")}, ${of}`;
    case "request": return `request: \`${seen.action}\`, ${of}`;
    case "refused": return `no request: \`${seen.action}\`, ${of}, said “${seen.said}”`;
    case "unseen": return `not seen: \`${seen.action}\`, ${of}`;
    case "hidden": return `not offered: ${seen.reason}`;
  }
}

function ownRows(): string[][] {
  const rows = ownDestinations({ outbound: outboundToLoopback(), filesDirectory: "", nowMs: Date.now, timeoutMs: 1 }).map(({ definition: { name, slug } }) => {
    const entry = own[slug];
    if (entry === undefined) throw new Error(`${slug} has no entry in destinations-verified-page.ts: which test holds it?`);
    const path = `server/src/destinations/own/${entry.test}.test.ts`;
    return [name, `\`${slug}\``, `\`${path}\``, readFileSync(join(root, path), "utf8").includes(SUITE) ? "yes" : "", entry.against];
  });
  const known = new Set(rows.map(([, slug]) => slug));
  for (const slug of Object.keys(own)) if (!known.has(`\`${slug}\``)) throw new Error(`${slug} is no destination of ours any more.`);
  return rows;
}
