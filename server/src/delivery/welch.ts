// The difference of two means with its interval, where neither the spreads nor the sizes of the groups need be alike.
//
//   d = m₁ − m₂,   s² = v₁/n₁ + v₂/n₂,   ν = s⁴ / ((v₁/n₁)²/(n₁−1) + (v₂/n₂)²/(n₂−1)),   d ± t(0.975, ν)·s
//
// B. L. Welch, "The generalization of 'Student's' problem when several different population variances are involved", Biometrika 34 (1947), 28–35;
// ν: F. E. Satterthwaite, Biometrics Bulletin 2 (1946), 110–114. The quantile of t by its expansion about that of the normal distribution:
// Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5; from ten degrees of freedom on it is right to four digits.

export interface Sample {
  readonly count: number;
  readonly mean: number;
  /** Of the sample: divided by count − 1. */
  readonly variance: number;
}

export interface Difference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** ν */
  readonly degrees: number;
}

/** Of the normal distribution, at 0.975. */
const Z = 1.959963984540054;

/** Each of at least two. */
export function differenceOf(a: Sample, b: Sample): Difference {
  const [partA, partB] = [a.variance / a.count, b.variance / b.count];
  const square = partA + partB;
  const degrees = square === 0 ? Infinity : square ** 2 / (partA ** 2 / (a.count - 1) + partB ** 2 / (b.count - 1));
  const half = t975(degrees) * Math.sqrt(square);
  const difference = a.mean - b.mean;
  return { difference, low: difference - half, high: difference + half, degrees };
}

export function t975(degrees: number): number {
  const g1 = (Z ** 3 + Z) / 4;
  const g2 = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96;
  const g3 = (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384;
  const g4 = (79 * Z ** 9 + 776 * Z ** 7 + 1_482 * Z ** 5 - 1_920 * Z ** 3 - 945 * Z) / 92_160;
  return Z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3 + g4 / degrees ** 4;
}
