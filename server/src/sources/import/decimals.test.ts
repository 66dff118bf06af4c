import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDecimals, compareDecimals, decimalOf, decimalText, multiplyDecimals, numberText, zeroDecimal } from "./decimals.ts";

const point = { decimal: ".", thousands: null } as const;

describe("numbers of a file", () => {
  test.each([
    ["12", "12"], ["1.650", "1.650"], ["-0.5", "-0.5"], [" 7 ", "7"], ["+3", "3"], [".5", "0.5"], ["5.", "5"], ["007", "7"], ["00", "0"], ["-0", "-0"],
    ["12345678901234567890.12345678901234567890", "12345678901234567890.12345678901234567890"],
  ])("%s is written as %s, with all its digits", (raw, written) => {
    expect(numberText(raw, point)).toBe(written);
    expect(() => JSON.parse(written)).not.toThrow();
  });

  test.each(["", ".", "-", "1e3", "inf", "NaN", "0x10", "12%", "1,5", "1 000", "1.2.3", "--1", "£5", "١٢"])("%j is no number", (raw) => {
    expect(numberText(raw, point)).toBeNull();
  });

  test("reads the marks that the mapping says, and no others", () => {
    const german = { decimal: ",", thousands: "." } as const;
    expect(numberText("1.234.567,89", german)).toBe("1234567.89");
    expect(numberText("1234,5", german)).toBe("1234.5");
    expect(numberText("1.23,5", german)).toBeNull();
    expect(numberText("1,234.5", german)).toBeNull();
  });
});

describe("decimals", () => {
  const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.nat({ max: 12 })).map(([units, scale]) => ({ units, scale }));

  test("are exact where doubles are not", () => {
    const sum = ["0.1", "0.2", "-0.3"].reduce((total, text) => addDecimals(total, decimalOf(text)), zeroDecimal);
    expect(decimalText(sum)).toBe("0");
    expect(decimalText(multiplyDecimals(decimalOf("-1.10"), decimalOf("3")))).toBe("-3.3");
  });

  test("come back from their text, and compare as their texts do", () => {
    fc.assert(fc.property(decimal, decimal, (a, b) => {
      expect(compareDecimals(decimalOf(decimalText(a)), a)).toBe(0);
      expect(compareDecimals(a, b)).toBe(-compareDecimals(b, a) + 0);
      expect(compareDecimals(addDecimals(a, b), addDecimals(b, a))).toBe(0);
    }));
  });
});
