// A line of small bars, to see at a glance whether something goes on. Its numbers stand elsewhere in the row; here it has a name.
import type { ReactNode } from "react";

const HEIGHT = 18;
const STEP = 4;

export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }): ReactNode {
  const most = Math.max(1, ...values);
  const width = values.length * STEP;
  return (
    <svg className="sparkline" role="img" aria-label={label} width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" style={{ maxWidth: "100%" }}>
      {values.map((value, index) => {
        // Something is never nothing: a single event among thousands is still seen.
        const height = value === 0 ? 1 : Math.max(2, (value / most) * HEIGHT);
        return <rect key={index} className={value === 0 ? "none" : ""} x={index * STEP} y={HEIGHT - height} width={STEP - 1} height={height} />;
      })}
    </svg>
  );
}
