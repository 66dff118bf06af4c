// A part of the preview that is only asked for while it is looked at.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Preview } from "@tributary/schema/api/audiences.ts";
import { previewQuery, type PreviewWish } from "../queries.ts";
import type { Answers } from "./use-answers.ts";

export function usePreviewOf({ key, isValid }: Pick<Answers, "key" | "isValid">, wish: PreviewWish, isWanted = true): { readonly data: Preview | undefined; readonly error: Error | null } {
  const { data, error } = useQuery({
    ...previewQuery(JSON.parse(key), key, wish), enabled: isWanted && isValid,
    // Another question's answer would not have this one's rows.
    placeholderData: (before, query) => (JSON.stringify(query?.queryKey.at(-1)) === JSON.stringify(wish) ? keepPreviousData(before) : undefined),
  });
  return { data, error };
}
