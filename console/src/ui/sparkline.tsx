// A small curve of counts, one bar each: how much, and whether it goes on. What it says stands beside it in words, on hover and
// for those who don't see it.
import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";

const HEIGHT = 20;
const BAR = 3;

export function Sparkline({ values, text }: { readonly values: readonly number[]; readonly text: string }): ReactNode {
  const most = Math.max(1, ...values);
  return (
    <Tooltip label={text}>
      <svg className="sparkline" width={values.length * BAR} height={HEIGHT} role="img" aria-label={text}>
        {values.map((value, index) => {
          const height = value === 0 ? 1 : Math.max(2, Math.round((value / most) * HEIGHT));
          return <rect key={index} x={index * BAR} y={HEIGHT - height} width={BAR - 1} height={height} className={value === 0 ? "none" : ""} />;
        })}
      </svg>
    </Tooltip>
  );
}
