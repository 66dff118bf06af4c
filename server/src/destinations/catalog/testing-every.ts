// For tests, and for the page that says what was verified: which destinations of the catalog do not get as far as a request when they are run with
// what testing-sample.ts makes of their forms, and what is in the way. Held by every-destination.test.ts, so that a change shows.

/** Slug → what their test of a connection says before it asks anybody anything: rules of the package that its forms do not tell. */
export const settingsNotEnough: Readonly<Record<string, string>> = {
  "dotdigital-audiences": "Dotdigital Audiences partner token is not set",
  "kameleoon": "The destination's own code failed: Invalid project sitecode. Please check your sitecode",
  "ortto": "Invalid API key",
  "ortto-audiences": "Invalid API key",
  "yahoo-audiences": "Missing Taxonomy API client secret",
};

/** Slug → what they say of the payload before they ask anybody anything: they want it in a shape that no form tells, or another event. */
export const payloadNotEnough: Readonly<Record<string, string>> = {
  "acoustic-s3tc": "No mapped data provided, must use at least one of the mapping fields to define the data to be sent to Acoustic.",
  "ambee": "Payload must be sent from the Segment analytics.js library or from a Segment Mobile library",
  "blackbaud-raisers-edge-nxt": "Missing constituent_id value",
  "criteo-audiences": "Invalid Audience Segment Name:",
  "google-campaign-manager-360": "Floodlight Activity ID is required",
  "google-enhanced-conversions": "Customer ID is required.",
  "gwen": "User ID must be a valid uuid string but it was not.",
  "insider-audiences": "API call must be an Audience or Computed Trait track() or identify() call",
  "linkedin-conversions": "One of email or LinkedIn UUID or Axciom ID or Oracle ID is required.",
  "ortto": "Invalid API key",
  "ortto-audiences": "Invalid API key",
  "rokt-audiences": "The destination had nothing to send.",
  "snap-conversions-api": "If event conversion type is \"WEB\" then Pixel ID must be defined",
  "taguchi": "Email must be a valid email address string but it was not.",
  "twilio-messaging": "Unsupported Channel",
  "twilio-messaging-omnichannel": "Content is missing the required field 'text'. Content is missing the required field 'content_id'.",
  "twilio-studio": "Unable to trigger Studio Flow. Only Identify Events are allowed!",
  "voiceops": "call_started_at must be a 10-digit Unix timestamp in seconds.",
  "youappi-audiences": "Payload must include either an IDFA or GAID.",
};
