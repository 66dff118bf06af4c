// Without an SDK: any program that speaks HTTP.
import type { Sdk } from "./sdk.ts";

export const httpSdks = [
  {
    id: "curl", group: "http", family: "http", platform: "curl", name: "HTTP, one event", tested: "requests",
    code: ({ url, key }) => `curl -u '${key}:' ${url}/v1/identify \\
  -H 'content-type: application/json' \\
  -d '{"userId":"u-1","traits":{"email":"ann@example.com","name":"Ann Lee"}}'`,
  },
  {
    id: "http-batch", group: "http", family: "http", platform: "HTTP, many events at once", name: "HTTP, a batch", notes: ["batch"], tested: "requests",
    code: ({ url, key }) => `curl -u '${key}:' ${url}/v1/batch \\
  -H 'content-type: application/json' \\
  -d '{"batch":[
    {"type":"identify","messageId":"m-1","userId":"u-1","traits":{"email":"ann@example.com"}},
    {"type":"track","messageId":"m-2","userId":"u-1","event":"Order Completed","properties":{"total":49.9}}
  ]}'`,
  },
  {
    id: "pixel", group: "http", family: "http", platform: "Pixel", name: "Pixel", notes: ["pixelLimits"], tested: "requests",
    code: ({ url, key }) => `<img src="${url}/pixel/v1/track?writeKey=${key}&amp;event=Mail%20Opened&amp;userId=u-1" width="1" height="1" alt="">`,
  },
] as const satisfies readonly Sdk[];
