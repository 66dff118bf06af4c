// What is known of an SDK that one can send with: what to install, and the code with host and key in place.
export interface Place {
  /** The server as SDKs reach it, without a slash at the end: `https://cdp.example.com`. */
  readonly url: string;
  /** The same without scheme: `cdp.example.com`, or `127.0.0.1:8080`. */
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly isHttps: boolean;
  readonly key: string;
}

/** Things to know that stand beside a snippet; their words are texts. */
export type SdkNote =
  | "httpsOnly" | "ownSnippet" | "publicUrl" | "jitsuKey" | "jitsuRepeats" | "rudderRetry" | "rudderPlugins" | "rudderControlPlane" | "goClose" | "javaWaits"
  | "reactNativePaths" | "secondPackage" | "community" | "pixelLimits" | "batch";

export type SdkFamily = "segment" | "rudderstack" | "jitsu" | "http";

/**
 * How it was tried: the SDK itself through kills of the server, its requests sent by tests, or neither: then the names of its
 * settings are from its documentation, and it calls paths that others call.
 */
export type SdkTested = "kills" | "requests" | "documented";

export interface Sdk {
  readonly id: string;
  readonly group: "web" | "server" | "phone" | "http";
  readonly family: SdkFamily;
  /** The platform or language as people look for it. */
  readonly platform: string;
  /** The package or product as its makers spell it; docs/sdks.md names it the same way. */
  readonly name: string;
  /** A command, a line of a build file, or an address for a package manager; absent where nothing is installed. */
  readonly install?: string;
  readonly notes?: readonly SdkNote[];
  readonly tested: SdkTested;
  readonly code: (place: Place) => string;
}
