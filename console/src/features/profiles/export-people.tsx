// Everybody who is found, as a CSV file: written by the server row by row, however many they are, and named in the audit log.
import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { ProfileSort } from "@tributary/schema/api/profiles.ts";
import { download } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { csvFileName } from "../../ui/csv.ts";
import { toast } from "../../ui/toast.tsx";

export function ExportPeople({ search, sort, columns }: { readonly search: string; readonly sort: ProfileSort; readonly columns: readonly string[] }): ReactNode {
  const write = useMutation({
    mutationFn: () => download("/profiles/export", { search, sort, columns: JSON.stringify(columns) }, csvFileName(texts.profiles.title, Date.now())),
    onError: (error) => toast({ text: error.message, tone: "bad" }),
  });
  return <Button variant="default" leftSection={<IconDownload size={15} aria-hidden />} loading={write.isPending} onClick={() => write.mutate()}>{texts.everywhere.exportCsv}</Button>;
}
