// A provider of OpenID Connect for tests, on loopback: discovery, keys, tokens and the endpoint that says who somebody is. The
// browser's part, signing in there, a test plays itself by `authorize`.
import { createHash, createSign, generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What the provider says of somebody. */
export interface TestPerson {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
}

interface Grant {
  readonly person: TestPerson;
  readonly query: URLSearchParams;
}

/** What it does wrong, as a provider that was taken over would, or one that is badly set up. */
export interface Misbehaviour {
  readonly nonce?: string;
  readonly audience?: string;
  readonly issuer?: string;
  /** Signs with a key that it does not publish. */
  readonly signsWithAnother?: boolean;
  readonly leavesOutIdToken?: boolean;
  /** What it says of people only when it is asked with the access token. */
  readonly tellsLater?: TestPerson;
}

export interface TestOidc {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  misbehaves: Misbehaviour;
  /** Who is signed in there already, so that a browser that is sent there comes back at once. */
  person: TestPerson | undefined;
  /** Somebody signs in there, having been sent to `url`; answers the address that they are sent back to. */
  authorize(url: string, person: TestPerson): string;
  stop(): Promise<void>;
}

export async function startTestOidc(): Promise<TestOidc> {
  const [own, other] = [newKeys(), newKeys()];
  const grants = new Map<string, Grant>();
  const asked = new Map<string, TestPerson>();
  const clientId = "tributary-test";
  const clientSecret = "secret of the client";
  const oidc: Pick<TestOidc, "misbehaves" | "person"> = { misbehaves: {}, person: undefined };
  const authorize = (address: string, person: TestPerson): string => {
    const { searchParams: query } = new URL(address);
    const code = randomBytes(16).toString("hex");
    grants.set(code, { person, query });
    const back = new URL(query.get("redirect_uri") ?? "");
    back.search = String(new URLSearchParams({ code, state: query.get("state") ?? "" }));
    return back.href;
  };
  const server = createServer((request, response) => {
    const json = (status: number, body: unknown): void => void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens, or it would not be asked.
    const url = new URL(request.url ?? "/", issuer);
    if (url.pathname === "/.well-known/openid-configuration") return json(200, discovery(issuer));
    if (url.pathname === "/jwks") return json(200, { keys: [{ ...own.publicKey.export({ format: "jwk" }), kid: "one", alg: "RS256", use: "sig" }] });
    if (url.pathname === "/userinfo") {
      const person = asked.get((request.headers.authorization ?? "").replace("Bearer ", ""));
      return person === undefined ? json(401, {}) : json(200, person);
    }
    if (url.pathname === "/authorize" && oidc.person !== undefined) return void response.writeHead(302, { location: authorize(url.href, oidc.person) }).end();
    if (url.pathname !== "/token") return json(404, {});
    void formOf(request).then((form) => {
      const grant = grants.get(form.get("code") ?? "");
      grants.delete(form.get("code") ?? "");
      if (grant === undefined || !isClient(request, form, clientId, clientSecret) || !isPkceRight(grant, form)) return json(400, { error: "invalid_grant" });
      const { misbehaves } = oidc;
      const accessToken = randomBytes(16).toString("hex");
      asked.set(accessToken, misbehaves.tellsLater ?? grant.person);
      const nowSeconds = Math.floor(Date.now() / 1000);
      const claims = {
        iss: misbehaves.issuer ?? issuer, aud: misbehaves.audience ?? clientId, iat: nowSeconds, exp: nowSeconds + 300,
        nonce: misbehaves.nonce ?? grant.query.get("nonce"), ...grant.person,
      };
      const idToken = signed(claims, misbehaves.signsWithAnother ? other.privateKey : own.privateKey);
      return json(200, { access_token: accessToken, token_type: "Bearer", expires_in: 300, ...(misbehaves.leavesOutIdToken ? {} : { id_token: idToken }) });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(oidc, {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // A server that listens on a port has one.
    clientId,
    clientSecret,
    authorize,
    stop: () => new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  });
}

function discovery(issuer: string): unknown {
  return {
    issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, userinfo_endpoint: `${issuer}/userinfo`, jwks_uri: `${issuer}/jwks`,
    id_token_signing_alg_values_supported: ["RS256"], response_types_supported: ["code"], code_challenge_methods_supported: ["S256"],
  };
}

function newKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}

function signed(claims: unknown, key: KeyObject): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "RS256", typ: "JWT", kid: "one" })}.${part(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key).toString("base64url")}`;
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // Without an encoding, chunks are bytes.
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}

function isClient(request: IncomingMessage, form: URLSearchParams, id: string, secret: string): boolean {
  const basic = Buffer.from((request.headers.authorization ?? "").replace("Basic ", ""), "base64").toString("utf8").split(":").map(decodeURIComponent);
  return (form.get("client_id") ?? basic[0]) === id && (form.get("client_secret") ?? basic[1]) === secret;
}

function isPkceRight({ query }: Grant, form: URLSearchParams): boolean {
  const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
  return query.get("code_challenge_method") === "S256" && query.get("code_challenge") === challenge && form.get("redirect_uri") === query.get("redirect_uri");
}
