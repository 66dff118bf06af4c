// How to send the first event, per platform. The key stands in code, so only the characters that keys are made of are put there.
export type Platform = "curl" | "website" | "node" | "python";

export const platforms: readonly Platform[] = ["curl", "website", "node", "python"];

/** Which snippet fits a source of this kind best. */
export function platformOf(kind: string): Platform {
  return kind === "website" ? "website" : kind === "server" ? "node" : "curl";
}

export function snippetOf(platform: Platform, host: string, writeKey: string | undefined): string {
  const key = writeKey !== undefined && /^[\w-]+$/.test(writeKey) ? writeKey : "WRITE_KEY";
  return snippets[platform](host, key);
}

const snippets: Readonly<Record<Platform, (host: string, key: string) => string>> = {
  curl: (host, key) => `curl -u '${key}:' ${host}/v1/identify \\
  -H 'content-type: application/json' \\
  -d '{"userId":"u-1","traits":{"email":"ann@example.com","name":"Ann Lee"}}'`,
  website: (host, key) => `<script>
  var analytics = window.analytics = window.analytics || [];
  ["identify", "track", "page", "group", "alias", "reset", "ready", "on"].forEach(function (method) {
    analytics[method] = function () {
      analytics.push([method].concat([].slice.call(arguments)));
      return analytics;
    };
  });
  analytics._writeKey = "${key}";
  var script = document.createElement("script");
  script.async = true;
  script.src = "${host}/analytics.js/v1/${key}/analytics.min.js";
  document.head.appendChild(script);
  analytics.page();
</script>`,
  node: (host, key) => `// npm install @segment/analytics-node
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${key}", host: "${host}" });
analytics.identify({ userId: "u-1", traits: { email: "ann@example.com", name: "Ann Lee" } });
analytics.track({ userId: "u-1", event: "Order Completed", properties: { total: 49.9 } });
await analytics.closeAndFlush();`,
  python: (host, key) => `# pip install segment-analytics-python
from segment.analytics.client import Client

analytics = Client("${key}", host="${host}")
analytics.identify("u-1", {"email": "ann@example.com", "name": "Ann Lee"})
analytics.track("u-1", "Order Completed", {"total": 49.9})
analytics.flush()`,
};
