// SDKs that run in a browser.
import type { Place, Sdk } from "./sdk.ts";

/** Calls that wait until the script is there, as every page of this kind needs them. */
const loader = ({ url, key }: Place): string => `<script>
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
  script.src = "${url}/analytics.js/v1/${key}/analytics.min.js";
  document.head.appendChild(script);
  analytics.page();
</script>`;

export const webSdks = [
  { id: "website", group: "web", family: "segment", platform: "Website", name: "analytics.js", notes: ["ownSnippet", "publicUrl"], tested: "kills", code: loader },
  {
    id: "analytics-next", group: "web", family: "segment", platform: "Website, from npm", name: "@segment/analytics-next", install: "npm install @segment/analytics-next",
    notes: ["publicUrl"], tested: "requests",
    code: ({ url, key }) => `import { AnalyticsBrowser } from "@segment/analytics-next";

export const analytics = AnalyticsBrowser.load({ writeKey: "${key}", cdnURL: "${url}" });
analytics.page();
analytics.identify("u-1", { email: "ann@example.com", name: "Ann Lee" });
analytics.track("Order Completed", { total: 49.9 });`,
  },
  {
    id: "rudder-js", group: "web", family: "rudderstack", platform: "Website", name: "@rudderstack/analytics-js", install: "npm install @rudderstack/analytics-js",
    notes: ["rudderPlugins"], tested: "kills",
    code: ({ url, key }) => `import { RudderAnalytics } from "@rudderstack/analytics-js/bundled";

export const analytics = new RudderAnalytics();
analytics.load("${key}", "${url}", { configUrl: "${url}" });
analytics.page();
analytics.identify("u-1", { email: "ann@example.com", name: "Ann Lee" });
analytics.track("Order Completed", { total: 49.9 });`,
  },
  {
    id: "jitsu-html", group: "web", family: "jitsu", platform: "Website", name: "Jitsu's HTML snippet", notes: ["jitsuKey", "jitsuRepeats"], tested: "kills",
    code: ({ url, key }) => `<script async src="${url}/p.js" data-write-key="${key}:browser"></script>`,
  },
] as const satisfies readonly Sdk[];
