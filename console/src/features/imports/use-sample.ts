// The beginning of the chosen file, and what the server makes of it with the mapping as it stands.
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ImportSample } from "@tributary/schema/api/import-sample.ts";
import type { ImportMapping } from "@tributary/schema/import.ts";
import { change } from "../../api.ts";
import { importsKey } from "./queries.ts";

const SAMPLE_BYTES = 128 * 1024;
const TYPING_MS = 300;

export interface SampleText {
  readonly text: string;
  readonly whole: boolean;
  readonly name: string;
  /** When the file was changed last: corrected, it may have the length that it had. */
  readonly changedMs: number;
}

/** Undefined when the file is not UTF-8. */
export async function readSampleText(file: File): Promise<SampleText | undefined> {
  const bytes = new Uint8Array(await file.slice(0, SAMPLE_BYTES).arrayBuffer());
  const whole = file.size <= SAMPLE_BYTES;
  try {
    // Cut in the middle of a character, the last one is left for the part that follows.
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !whole }), whole, name: file.name, changedMs: file.lastModified };
  } catch {
    return undefined;
  }
}

export interface SampleWish {
  readonly mapping?: ImportMapping | undefined;
  readonly yaml?: string | undefined;
  readonly time_zone?: string | undefined;
  readonly decimal_mark?: "." | "," | undefined;
}

export function useSample(sample: SampleText | undefined, wish: SampleWish) {
  const [settled] = useDebouncedValue(JSON.stringify(wish), TYPING_MS);
  return useQuery({
    queryKey: [...importsKey, "sample", sample?.name, sample?.text.length, sample?.changedMs, settled],
    queryFn: () => change<ImportSample>("POST", "/imports/sample", {
      text: sample?.text, whole: sample?.whole, name: sample?.name, ...(JSON.parse(settled) as SampleWish),
    }),
    enabled: sample !== undefined && sample.text !== "",
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Infinity,
  });
}
