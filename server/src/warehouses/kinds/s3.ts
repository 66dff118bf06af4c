// Files in a bucket of Amazon S3 or of a store that speaks as it does: listed by a prefix, and read as they come.
import { awsEncoded, signed, type OutboundReply } from "../../outbound/outbound.ts";
import { defineWarehouse, type At } from "../define-warehouse.ts";
import { isName, prefixOf } from "../file-names.ts";
import { FILES_MAX, openFiles } from "../file-reading.ts";
import type { StoredFile } from "../file-rows.ts";
import { said } from "../said.ts";
import { WarehouseError, warehouseLimits as limits } from "../warehouse.ts";
import { isOrigin } from "./clickhouse.ts";

/** Of the whole reading of one file, the time between two pieces of it. */
const SILENCE_MS = 60_000;
const LIST_BYTES_MAX = 8 * 1024 * 1024;

export const s3 = defineWarehouse({
  slug: "s3",
  name: "S3-compatible storage",
  description: "Reads CSV, NDJSON and Parquet files from a bucket of Amazon S3, MinIO, Cloudflare R2 or another store that speaks S3.",
  reads: "files",
  notes: [],
  proof: "documentation",
  settings: [
    { key: "endpoint", label: "Address of the store", type: "string", placeholder: "https://s3.eu-central-1.amazonaws.com", description: "None: Amazon's, of the region." },
    { key: "region", label: "Region", type: "string", required: true, placeholder: "eu-central-1" },
    { key: "bucket", label: "Bucket", type: "string", required: true },
    { key: "folder", label: "Folder", type: "string", placeholder: "exports/orders" },
    { key: "accessKeyId", label: "Access key id", type: "string", required: true, description: "One that may list and read, and nothing else." },
    { key: "secretAccessKey", label: "Secret access key", type: "password", required: true },
    { key: "sessionToken", label: "Session token", type: "password" },
  ],
  check: ({ endpoint, region, bucket }) => [
    ...(endpoint === undefined || endpoint === "" || isOrigin(String(endpoint)) ? [] : [{ field: "endpoint", problem: "An address is https:// or http:// and a host, without a path." }]),
    ...(/^[a-z0-9-]{1,40}$/.test(String(region)) ? [] : [{ field: "region", problem: "This is no region." }]),
    ...(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(String(bucket)) && !String(bucket).includes("..") ? [] : [{ field: "bucket", problem: "This is no name of a bucket." }]),
  ],
  places: (settings) => [{ field: "endpoint", url: originOf(settings) }],
  test: async (at) => void (await listPage(at, rootOf(at), undefined)),
  open: (at, query, want) => openFiles(query, want, (pattern) => listed(at, pattern)),
  async tables(at, search) {
    const { files } = await listPage(at, rootOf(at), undefined);
    return files.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase())).map(({ name, bytes }) => ({ name, bytes, columns: [] }));
  },
});

const originOf = ({ endpoint, region }: Readonly<Record<string, unknown>>): string => (typeof endpoint === "string" && endpoint !== "" ? endpoint.replace(/\/$/, "") : `https://s3.${String(region)}.amazonaws.com`);
const rootOf = ({ settings }: At): string => String(settings["folder"] ?? "").split("/").filter((part) => part !== "").map((part) => `${part}/`).join("");

function requestFor(at: At, key: string, query: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
  const { bucket, region, accessKeyId, secretAccessKey, sessionToken } = at.settings;
  const url = new URL(`${originOf(at.settings)}/${[String(bucket), ...key.split("/")].map(awsEncoded).join("/")}`);
  // As the signature wants it: a space as %20.
  url.search = Object.entries(query).map(([name, value]) => `${awsEncoded(name)}=${awsEncoded(value)}`).join("&");
  return {
    method: "GET", url: url.href,
    headers: signed({
      method: "GET", url, headers, body: Buffer.alloc(0), region: String(region), service: "s3", atMs: at.parts.nowMs(),
      key: { accessKeyId: String(accessKeyId), secretAccessKey: String(secretAccessKey), ...(typeof sessionToken === "string" && sessionToken !== "" ? { sessionToken } : {}) },
    }),
  };
}

function failureOf(at: At, { status }: Pick<OutboundReply, "status">, text: string): WarehouseError {
  const tag = (name: string): string => new RegExp(`<${name}>([^<]{0,1000})</${name}>`).exec(text)?.[1] ?? "";
  const shown = said(at.clean([tag("Code"), tag("Message")].filter((one) => one !== "").join(": ")));
  if (status === 401 || status === 403) return new WarehouseError("unauthorized", `The store does not let us in, or not read this (${status}). ${shown}`);
  if (status === 429 || status >= 500) return new WarehouseError("failed", `The store is busy or failed (${status}). ${shown}`);
  if (status >= 300 && status < 400) return new WarehouseError("broken", `The store sends us elsewhere (${status}): the region or the address is another. Redirects are not followed. ${shown}`);
  return new WarehouseError("refused", `The store does not give this (${status}). ${shown}`);
}

async function listed(at: At, pattern: string): Promise<StoredFile[]> {
  const root = rootOf(at);
  const found: StoredFile[] = [];
  let token: string | undefined;
  for (let seen = 0; ;) {
    const page = await listPage(at, `${root}${prefixOf(pattern)}`, token);
    seen += page.files.length;
    found.push(...page.files.filter(({ name, bytes }) => bytes > 0 && isName(pattern, name)));
    if (found.length > FILES_MAX || page.next === undefined) return found;
    // A store whose pages go in a circle, or are empty for ever.
    if (page.next === token || page.files.length === 0) throw new WarehouseError("broken", "The store's list has no end.");
    if (seen > FILES_MAX * 100) throw new WarehouseError("too_large", "There are too many files in the folder: name a folder in front of the first *.");
    token = page.next;
  }
}

async function listPage(at: At, prefix: string, token: string | undefined): Promise<{ readonly files: StoredFile[]; readonly next: string | undefined }> {
  const reply = await at.fetch({ ...requestFor(at, "", { ...(token === undefined ? {} : { "continuation-token": token }), "encoding-type": "url", "list-type": "2", prefix }), responseBytesMax: LIST_BYTES_MAX });
  const text = reply.body.toString("utf8");
  if (reply.status !== 200) throw failureOf(at, reply, text);
  if (!text.includes("<ListBucketResult")) throw new WarehouseError("broken", "What answered is no store that speaks S3.");
  const root = rootOf(at);
  const files: StoredFile[] = [];
  for (const [, entry = ""] of text.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
    const key = decoded(/<Key>([^<]*)<\/Key>/.exec(entry)?.[1] ?? "");
    const bytes = Number(/<Size>(\d{1,15})<\/Size>/.exec(entry)?.[1] ?? Number.NaN);
    if (key === undefined || Number.isNaN(bytes) || !key.startsWith(root)) throw new WarehouseError("broken", "The store's list is not what S3 answers.");
    if (!key.endsWith("/")) files.push(fileAt(at, key, key.slice(root.length), bytes));
  }
  const next = /<IsTruncated>true<\/IsTruncated>/.test(text) ? /<NextContinuationToken>([^<]{1,2000})<\/NextContinuationToken>/.exec(text)?.[1] : undefined;
  return { files, next: next?.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&") };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

function fileAt(at: At, key: string, name: string, bytes: number): StoredFile {
  return {
    name, bytes,
    async stream() {
      const reply = await at.stream({ ...requestFor(at, key, {}), timeoutMs: SILENCE_MS });
      if (reply.status === 200) return reply;
      let text = "";
      for await (const piece of reply.body) {
        text += piece.toString("utf8");
        if (text.length > 10_000) break;
      }
      throw failureOf(at, reply, text);
    },
    async slice(from, to) {
      const reply = await at.fetch({ ...requestFor(at, key, {}, { range: `bytes=${from}-${to - 1}` }), responseBytesMax: Math.min(to - from, 256 * 1024 * 1024) + 1_000, timeoutMs: limits.lookMs * 4 });
      if (reply.status !== 206) throw reply.status === 200 ? new WarehouseError("broken", "The store gives no parts of files.") : failureOf(at, reply, reply.body.toString("utf8", 0, 4_000));
      return reply.body;
    },
  };
}
