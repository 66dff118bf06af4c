// What to do about a failure, in words for people, by how it is known.

const byCode: Readonly<Record<string, string>> = {
  mapping: "Look at the mapping in the subscription: its preview shows which field fails. Then send again.",
  destination_fault: "The destination's code failed at this item. Look at the request; if the item is as it should be, report it.",
  address_refused: "The address is private. Name it in OUTBOUND_PRIVATE_HOSTS if it may be reached.",
  no_such_host: "The name of the host can't be found. Check the address in the settings.",
  connection_failed: "Nobody answers at the address. Check that the other side is up; everything waits and follows by itself.",
  tls_failed: "The certificate of the other side is not valid. It has to be renewed there.",
  timeout: "The other side takes too long. Everything waits and follows by itself.",
  audience_not_made: "Look at what the vendor says, and at the settings of the subscription. It is tried again every half minute.",
  http_400: "The vendor refuses the content. Open one of the requests to see what it says, mend the mapping, and send again.",
  http_403: "The key is not allowed to do this. Give it the right at the vendor.",
  http_404: "What is addressed does not exist at the vendor: a list, a form, an account. Check the settings.",
  http_413: "The request is too large for the vendor. Make batches smaller.",
  http_422: "The vendor refuses the content. Open one of the requests to see what it says, mend the mapping, and send again.",
};

const byState: Readonly<Record<string, string>> = {
  unauthorized: "The key or token is not taken. Enter a new one in the settings; nothing is lost meanwhile.",
  throttled: "The vendor asks for fewer requests. It goes on by itself; set a rate below the vendor's limit to keep it even.",
  failing: "It is tried again by itself, ever more rarely, and everything follows once it is well. Nothing is lost meanwhile.",
  refused: "Open one of the requests to see what the vendor says, mend what it names, and send again.",
};

export const advisedCodes: readonly string[] = Object.keys(byCode);
export const advisedStates: readonly string[] = Object.keys(byState);

/** `state`: of the destination, or `refused` for a dead letter. */
export function adviceFor(state: string, code: string): string {
  return (state === "unauthorized" || state === "throttled" ? byState[state] : byCode[code] ?? byState[state]) ?? "";
}
