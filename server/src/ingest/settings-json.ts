// What SDKs fetch before they send: Segment's settings for a write key, and RudderStack's configuration of a source. Both
// are made from PUBLIC_URL, the one address that the outside knows. Nothing in them is null: mobile SDKs fail on it.
import type { SourceEntry } from "../sources/source-directory.ts";

/** PUBLIC_URL in the parts that SDKs want. */
export interface PublicAddress {
  /** Without a slash at the end. */
  readonly url: string;
  readonly protocol: "http" | "https";
  /** Host, port and path, without the scheme. */
  readonly hostAndPath: string;
}

export function publicAddress(publicUrl: string): PublicAddress {
  const url = new URL(publicUrl);
  const path = url.pathname.replace(/\/+$/, "");
  const protocol = url.protocol === "https:" ? "https" : "http";
  return { url: `${protocol}://${url.host}${path}`, protocol, hostAndPath: `${url.host}${path}` };
}

/**
 * How SDKs that read it repeat and give up. Without it Swift keeps what was refused on the phone for ever, and others
 * stop too early to outlast an outage.
 */
const httpConfig = {
  rateLimitConfig: { enabled: true, maxRetryCount: 100, maxRetryInterval: 300, maxRateLimitDuration: 43_200 },
  backoffConfig: {
    enabled: true, maxRetryCount: 100, baseBackoffInterval: 0.5, maxBackoffInterval: 300, maxTotalBackoffDuration: 43_200,
    jitterPercent: 10,
    statusCodeOverrides: { "408": "retry", "410": "retry", "429": "retry", "460": "retry", "501": "drop", "505": "drop", "511": "drop" },
    default4xxBehavior: "drop", default5xxBehavior: "retry",
  },
};

/**
 * The key stands in `Segment.io.apiKey` because browsers send the key that they find there. Any other name under
 * `integrations` would make them load a script of that name.
 */
export function segmentSettings(writeKey: string, address: PublicAddress): unknown {
  return {
    integrations: {
      "Segment.io": { apiKey: writeKey, apiHost: `${address.hostAndPath}/v1`, protocol: address.protocol, httpConfig },
    },
    plan: {
      track: { __default: { enabled: true, integrations: {} } },
      identify: { __default: { enabled: true } },
      group: { __default: { enabled: true } },
    },
    metrics: { sampleRate: 0, host: `${address.hostAndPath}/v1`, protocol: address.protocol },
    httpConfig,
  };
}

export function rudderSourceConfig(writeKey: string, source: SourceEntry): unknown {
  return {
    source: {
      id: `src_${source.sourceId}`, name: source.name, writeKey, enabled: source.enabled,
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
      connections: [], destinations: [], workspaceId: `ws_${source.workspaceId}`, dataplanes: {},
    },
  };
}
