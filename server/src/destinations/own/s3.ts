// Files in a bucket of Amazon S3 or of a store that speaks as it does (MinIO, R2, Ceph, …): one object for each batch, by a PUT that is the
// same whenever it is repeated.
import { defineDestination, type At, type OwnAction } from "./define-destination.ts";
import { awsEncoded, signed } from "../../outbound/outbound.ts";
import { batchFile, fileBatch, fileFields, fileNote, fileProblems, folderProblem, formatOf, formatSetting, refusedFile, type BatchFile } from "./file-batch.ts";
import { layoutAction } from "./file-layout.ts";

const write: OwnAction = {
  definition: { key: "write", name: "Write events", description: "One object for each batch, by day.", fields: fileFields, batch: fileBatch },
  check: (payload, { connection }) => fileProblems(payload, formatOf(connection.settings["format"])),
  async send(at) {
    const file = await refusedFile(() => batchFile(at.items, formatOf(at.settings["format"]), at.request.batchId));
    return "kind" in file ? file : await put(at, file);
  },
};

export const s3 = defineDestination({
  slug: "s3-files",
  name: "S3-compatible storage",
  description: "Writes events into a bucket of Amazon S3, MinIO, Cloudflare R2 or another store that speaks S3.",
  category: "warehouse",
  notes: [fileNote],
  authentication: "key",
  isStatusAll: true,
  hasFixedBatches: true,
  isForbiddenOfAccount: true,
  settings: [
    { key: "endpoint", label: "Address of the store", type: "string", placeholder: "https://s3.eu-central-1.amazonaws.com", description: "None: Amazon's, of the region." },
    { key: "region", label: "Region", type: "string", required: true, placeholder: "eu-central-1" },
    { key: "bucket", label: "Bucket", type: "string", required: true },
    { key: "folder", label: "Folder", type: "string", placeholder: "tributary/orders" },
    { key: "accessKeyId", label: "Access key id", type: "string", required: true },
    { key: "secretAccessKey", label: "Secret access key", type: "password", required: true },
    { key: "sessionToken", label: "Session token", type: "password" },
    formatSetting,
  ],
  actions: [write, layoutAction(put)],
  presets: [],
  check: ({ endpoint, region, bucket, folder }) => {
    const folders = folderProblem(folder);
    return [
      ...(typeof endpoint === "string" && endpoint !== "" && !isOrigin(endpoint) ? [{ field: "endpoint", problem: "An address is https:// or http:// and a host, without a path." }] : []),
      ...(typeof region === "string" && region !== "" && !/^[a-z0-9-]{1,40}$/.test(region) ? [{ field: "region", problem: "This is no region." }] : []),
      ...(typeof bucket === "string" && bucket !== "" && !isBucket(bucket) ? [{ field: "bucket", problem: "This is no name of a bucket." }] : []),
      ...(folders === undefined ? [] : [{ field: "folder", problem: folders }]),
    ];
  },
  test: (at) => put(at, { path: "tributary-test.txt", content: Buffer.from("Tributary tries this bucket.\n"), contentType: "text/plain" }),
});

const isBucket = (bucket: string): boolean => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) && !bucket.includes("..");

function isOrigin(endpoint: string): boolean {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  return url !== undefined && (url.protocol === "https:" || url.protocol === "http:") && url.pathname === "/" && url.search === "" && url.username === "" && url.password === "";
}

async function put(at: At, { path, content, contentType }: BatchFile) {
  const { endpoint, region, bucket, folder, accessKeyId, secretAccessKey, sessionToken } = at.settings;
  const origin = typeof endpoint === "string" && endpoint !== "" ? endpoint.replace(/\/$/, "") : `https://s3.${String(region)}.amazonaws.com`;
  const key = [String(bucket), ...String(folder ?? "").split("/"), ...path.split("/")].filter((name) => name !== "").map(awsEncoded).join("/");
  const url = new URL(`${origin}/${key}`);
  const headers = signed({
    method: "PUT", url, headers: { "content-type": contentType }, body: content, region: String(region), service: "s3", atMs: at.parts.nowMs(),
    key: { accessKeyId: String(accessKeyId), secretAccessKey: String(secretAccessKey), ...(typeof sessionToken === "string" && sessionToken !== "" ? { sessionToken } : {}) },
  });
  return at.read(await at.fetch({ method: "PUT", url: url.href, headers, body: content }));
}
