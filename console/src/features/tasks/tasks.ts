// Long work of the workspace, wherever it was begun: imports on their way in or out, the demo shop being loaded or removed. Pure.
import type { DemoShopAnswer } from "@tributary/schema/api/demo-shop.ts";
import type { ImportState } from "@tributary/schema/import.ts";

export interface Task {
  readonly key: string;
  readonly kind: "import" | "withdrawal" | "demoShop" | "demoShopRemoval";
  /** Of an import; the rest has no name of its own. */
  readonly name: string;
  /** Between 0 and 1; undefined while nobody knows how much it is. */
  readonly share: number | undefined;
  /** Lines of a file, events of the shop, rows removed. */
  readonly count: number;
  readonly href: string;
}

const kinds: Partial<Readonly<Record<ImportState["status"], Task["kind"]>>> = { uploading: "import", running: "import", withdrawing: "withdrawal" };

export function tasksOf(imports: readonly ImportState[], shop: DemoShopAnswer | undefined): Task[] {
  return [...imports.flatMap(importTask), ...shopTask(shop)];
}

function importTask(state: ImportState): Task[] {
  const kind = kinds[state.status];
  if (kind === undefined || state.dry_run) return [];
  const isRead = kind === "import" && state.file_count === 1 && state.bytes !== null && state.bytes > 0;
  const share = isRead ? Math.min(1, state.bytes_done / (state.bytes ?? 1)) : undefined;
  return [{ key: `import-${state.id}`, kind, name: state.name, share, count: state.lines, href: `/imports/${state.id}` }];
}

function shopTask(shop: DemoShopAnswer | undefined): Task[] {
  if (shop?.state === "history") {
    const { total, decided } = shop.progress ?? { total: null, decided: 0 };
    return [{ key: "demo-shop", kind: "demoShop", name: "", share: total === null || total === 0 ? undefined : Math.min(1, decided / total), count: decided, href: "/start" }];
  }
  const removal = shop?.removal;
  if (!removal || removal.step === "done") return [];
  return [{ key: "demo-shop-removal", kind: "demoShopRemoval", name: "", share: undefined, count: removal.rows_removed, href: "/start" }];
}
