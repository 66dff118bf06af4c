// A conversion that Google was told of is taken back, or its value is put right, after a refund. The Data Manager API has no word for that: it is the
// Google Ads API's upload of adjustments, which asks for a developer token besides. It answers for each by its place.
import { isRecord } from "@tributary/schema/is-record.ts";
import type { Outcome, SendItem } from "../destination.ts";
import type { At, OwnAction } from "./define-destination.ts";
import { outcomeOf, parsedJson, saidIn } from "./outcome-of.ts";

const API = "https://googleads.googleapis.com";
export const adsApiVersion = "v23";

export const adjustConversions: OwnAction = {
  definition: {
    key: "adjust_conversion", name: "Take a conversion back", description: "After a refund: the conversion of that order counts no more, or for less. It was sent before with the same transaction id.",
    fields: [
      { key: "conversionAction", label: "Conversion action", type: "string", required: true, description: "Its id in Google Ads; the one that the conversion was sent to." },
      { key: "transactionId", label: "Transaction id", type: "string", required: true, description: "The one that the conversion was sent with.", default: { "@path": "$.properties.order_id" } },
      {
        key: "adjustment", label: "What becomes of it", type: "string", required: true, default: "RETRACTION",
        choices: [{ value: "RETRACTION", label: "It counts no more" }, { value: "RESTATEMENT", label: "It counts for another value" }],
      },
      { key: "timestamp", label: "Time of the refund", type: "datetime", required: true, default: { "@path": "$.timestamp" } },
      { key: "value", label: "Value that is left", type: "number", description: "Of what counts for another value: all that is left of the order, not what was given back.", dependsOn: { match: "all", conditions: [{ field: "adjustment", is: true, value: "RESTATEMENT" }] } },
      { key: "currency", label: "Currency", type: "string", default: { "@path": "$.properties.currency" } },
    ],
    batch: { sizeMax: 2_000, bytesMax: 4_000_000, keys: [] },
  },
  check: ({ conversionAction, timestamp, adjustment, value }, { connection: { settings } }) => [
    ...(/^\d{1,20}$/.test(String(conversionAction)) ? [] : [{ field: "conversionAction", problem: "A conversion action's id has digits only." }]),
    ...(Number.isNaN(Date.parse(String(timestamp))) ? [{ field: "timestamp", problem: "This is no time." }] : []),
    ...(adjustment === "RESTATEMENT" && !(Number.isFinite(Number(value ?? Number.NaN)) && Number(value) >= 0) ? [{ field: "value", problem: "What counts for another value needs that value." }] : []),
    ...(typeof settings["developerToken"] === "string" && settings["developerToken"] !== "" ? [] : [{ field: "developerToken", problem: "Taking conversions back needs a developer token of Google Ads, in the settings." }]),
  ],
  async send(at) {
    const { customerId, loginCustomerId, developerToken, adsVersion } = at.settings;
    const reply = await at.fetch({
      method: "POST", url: `${API}/${String(adsVersion ?? adsApiVersion)}/customers/${encodeURIComponent(String(customerId))}:uploadConversionAdjustments`,
      body: JSON.stringify({ conversionAdjustments: at.items.map((item) => adjustmentOf(item, String(customerId))), partialFailure: true }),
      headers: {
        "content-type": "application/json", authorization: `Bearer ${at.connection.oauth?.accessToken ?? ""}`, "developer-token": String(developerToken),
        ...(typeof loginCustomerId === "string" && loginCustomerId !== "" ? { "login-customer-id": loginCustomerId } : {}),
      },
    });
    return outcomesOf(at, reply, at.items.length);
  },
};

function adjustmentOf({ payload }: SendItem, customerId: string) {
  const { conversionAction, transactionId, adjustment, timestamp, value, currency } = payload;
  return {
    conversionAction: `customers/${customerId}/conversionActions/${String(conversionAction)}`, adjustmentType: String(adjustment), orderId: String(transactionId),
    // In words of its own: "2026-05-01 10:00:00+00:00".
    adjustmentDateTime: `${new Date(String(timestamp)).toISOString().slice(0, 19).replace("T", " ")}+00:00`,
    ...(adjustment === "RESTATEMENT" ? { restatementValue: { adjustedValue: Number(value), ...(typeof currency === "string" && currency !== "" ? { currencyCode: currency.toUpperCase() } : {}) } } : {}),
  };
}

/** Taken back already is taken back; a conversion that Google does not know yet may be there later. */
const already: ReadonlySet<string> = new Set(["CONVERSION_ALREADY_RETRACTED"]);
const tooEarly: ReadonlySet<string> = new Set(["TOO_RECENT_CONVERSION_ACTION", "TOO_RECENT_CONVERSION", "CONVERSION_NOT_FOUND"]);

function outcomesOf(at: At, reply: Awaited<ReturnType<At["fetch"]>>, count: number): readonly Outcome[] | Outcome {
  const answer = parsedJson(reply.body);
  const read = { nowMs: at.parts.nowMs(), said: at.clean(saidIn(reply.body)), isForbiddenOfAccount: true };
  if (reply.status !== 200) return outcomeOf(reply, read);
  if (!isRecord(answer) || !Array.isArray(answer["results"])) return { kind: "retry", code: "reply_broken", detail: "Google's answer can't be read.", status: 200, isOfDestination: false };
  const failures = failuresIn(answer["partialFailureError"]);
  return Array.from({ length: count }, (_, index): Outcome => {
    const failure = failures.get(index);
    if (failure === undefined || already.has(failure.code)) return { kind: "delivered", status: 200 };
    const detail = `Google: ${at.clean(failure.message)}`;
    return tooEarly.has(failure.code) ? { kind: "retry", code: failure.code.toLowerCase(), detail, status: 200, isOfDestination: false } : { kind: "refused", code: failure.code.toLowerCase() || "adjustment", detail, status: 200 };
  });
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

/** By the place in what was sent. */
function failuresIn(error: unknown): ReadonlyMap<number, Failure> {
  const all = new Map<number, Failure>();
  const details = isRecord(error) && Array.isArray(error["details"]) ? error["details"] : [];
  for (const one of details.flatMap((detail: unknown) => (isRecord(detail) && Array.isArray(detail["errors"]) ? detail["errors"] as unknown[] : []))) {
    if (!isRecord(one)) continue;
    const location = isRecord(one["location"]) ? one["location"]["fieldPathElements"] : undefined;
    const place = Array.isArray(location) ? location.find((element: unknown) => isRecord(element) && typeof element["index"] === "number") as { readonly index: number } | undefined : undefined;
    const code = isRecord(one["errorCode"]) ? Object.values(one["errorCode"]).find((value) => typeof value === "string") : undefined;
    if (place !== undefined) all.set(place.index, { code: typeof code === "string" ? code : "", message: String(one["message"] ?? "") });
  }
  return all;
}
