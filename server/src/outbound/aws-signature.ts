// Signature Version 4, as AWS publishes it and S3-compatible stores take it: the request in a canonical form, signed by a key made of the
// secret, the day, the region and the service.
import { createHmac, hash } from "node:crypto";

export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface ToSign {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case; all of them are signed, and the host. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly region: string;
  readonly service: string;
  readonly atMs: number;
  readonly key: AwsKey;
}

/** The headers with date and signature. */
export function signed(request: ToSign): Record<string, string> {
  const { region, service, key } = request;
  const time = new Date(request.atMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const bodyHash = hash("sha256", request.body, "hex");
  const headers: Record<string, string> = {
    ...request.headers, "x-amz-date": time,
    ...(service === "s3" ? { "x-amz-content-sha256": bodyHash } : {}),
    ...(key.sessionToken === undefined ? {} : { "x-amz-security-token": key.sessionToken }),
  };
  const all: Record<string, string> = { ...headers, host: request.url.host };
  const names = Object.keys(all).sort();
  const canonical = [
    request.method, canonicalPath(request.url, service), canonicalQuery(request.url),
    ...names.map((name) => `${name}:${(all[name] ?? "").trim().replace(/ +/g, " ")}`), "", names.join(";"), bodyHash,
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, hash("sha256", canonical, "hex")].join("\n");
  const signingKey = [day, region, service, "aws4_request"].reduce<Buffer | string>((from, part) => hmac(from, part), `AWS4${key.secretAccessKey}`);
  const signature = hmac(signingKey, text).toString("hex");
  return { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}` };
}

const hmac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** As AWS encodes: everything but letters, digits and -._~ */
export const awsEncoded = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** S3 signs the path as it is sent; the other services sign it encoded once more. */
function canonicalPath({ pathname }: URL, service: string): string {
  return service === "s3" ? pathname : pathname.split("/").map(awsEncoded).join("/");
}

function canonicalQuery({ searchParams }: URL): string {
  const pairs = [...searchParams].map(([name, value]) => [awsEncoded(name), awsEncoded(value)] as const);
  return pairs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : 1)).map(([name, value]) => `${name}=${value}`).join("&");
}
