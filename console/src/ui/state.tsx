// A state as an icon and a word in its colour.
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconClock, IconCircleX } from "@tabler/icons-react";
import type { ReactNode } from "react";

export type Tone = "good" | "attention" | "bad" | "waiting" | "plain";

const icons = { good: IconCircleCheck, attention: IconAlertTriangle, bad: IconCircleX, waiting: IconClock, plain: IconCircleDashed } as const;

export function State({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }): ReactNode {
  const Icon = icons[tone];
  return <span className="state" data-tone={tone}><Icon size={15} aria-hidden />{children}</span>;
}
