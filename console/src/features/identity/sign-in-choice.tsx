// The sign-in strategy: each with the story of Ann, Bob and one browser.
import { Radio } from "@mantine/core";
import type { ReactNode } from "react";
import type { SignInStrategy } from "@tributary/schema/settings.ts";
import { texts } from "../../texts/texts.ts";

const t = texts.identityRules.signIn;
const strategies = ["convert", "isolate", "link"] as const;

export function SignInChoice({ value, onChange }: { readonly value: SignInStrategy; readonly onChange: (value: SignInStrategy) => void }): ReactNode {
  const choose = (next: string): void => {
    const strategy = strategies.find((one) => one === next);
    if (strategy) onChange(strategy);
  };
  return (
    <Radio.Group value={value} onChange={choose} aria-label={t.title}>
      <div className="rules-strategies">
        {strategies.map((one) => (
          <label key={one} className="rules-strategy" data-on={one === value || undefined}>
            <span className="row"><Radio value={one} aria-label={t.names[one]} /><strong>{t.names[one]}</strong></span>
            <span>{t.short[one]}</span>
            <span className="dim">{t.stories[one]}</span>
          </label>
        ))}
      </div>
    </Radio.Group>
  );
}
