// The mark: three thin lines joining into one.
import type { ReactNode } from "react";

export function Mark({ size = 20 }: { readonly size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" aria-hidden>
      <path d="M3 4c6 0 5 8 11 8h7" /><path d="M3 12h18" /><path d="M3 20c6 0 5-8 11-8" />
    </svg>
  );
}
