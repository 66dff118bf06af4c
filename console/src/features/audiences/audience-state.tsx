// How an audience stands, in a word.
import type { ReactNode } from "react";
import type { Audience } from "@tributary/schema/api/audiences.ts";
import { texts } from "../../texts/texts.ts";
import { State, type Tone } from "../../ui/state.tsx";

const tones: Readonly<Record<Audience["status"], Tone>> = { active: "good", filling: "waiting", failed: "bad", archived: "plain" };

export function AudienceState({ status }: { readonly status: Audience["status"] }): ReactNode {
  return <State tone={tones[status]}>{texts.audiences.status[status]}</State>;
}
