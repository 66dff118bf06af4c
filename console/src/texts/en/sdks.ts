// What to know of SDKs beside their snippets. The names of SDKs are their makers' and stand in the table itself.
export const sdks = {
  groups: { web: "In the browser", server: "On a server", phone: "On phones", http: "Without an SDK" },
  families: { segment: "Segment", rudderstack: "RudderStack", jitsu: "Jitsu", http: "HTTP" },
  choose: "SDK",
  install: "Install",
  code: "Code",
  notes: {
    httpsOnly: "It speaks https only: this server has to be reached by https, by a certificate of its own or behind a proxy.",
    ownSnippet: "A page that has Segment's own snippet already needs two changes: `https://cdn.segment.com` becomes this server's address, and the write key this one.",
    publicUrl: "It sends to the address in `PUBLIC_URL`: where browsers reach this server by another, set it.",
    jitsuKey: "It takes keys of the form `id:secret` only. What stands before the colon is the write key, the rest is not looked at.",
    jitsuRepeats: "It repeats no request: what meets a server that is down is lost, unless its option `fetch` repeats.",
    rudderRetry: "It gives up after three tries within a second; `retryCount` is raised here so that a restart loses nothing.",
    rudderPlugins: "The bundled build loads nothing from elsewhere; the ordinary one loads plugins from RudderStack's network.",
    rudderControlPlane: "Its control plane has to be this server too: it asks there whether the source is on.",
    goClose: "`Close` gives up what would have to be sent again: where every event counts, wait for the callbacks first.",
    javaWaits: "It waits up to 15 seconds before it repeats a request.",
    reactNativePaths: "`useSegmentEndpoints` has it call `/v1/b` and the settings below the proxy; without it, it would post to the proxy's address itself.",
    secondPackage: "Its makers keep it for older apps; new ones start with its successor.",
    community: "Made by its users, not by Segment.",
    pixelLimits: "For mails and pages without scripts. Fields stand in the address; `properties`, `traits` and `context` as JSON.",
    batch: "Name each event by a `messageId` of your own and repeat freely: an event that comes twice counts once.",
  },
  /** For what the table of SDKs names in English. */
  called: {} as Readonly<Record<string, string>>,
  httpWarning: "This server's address is http, and this SDK speaks https only: its events will not arrive.",
};
