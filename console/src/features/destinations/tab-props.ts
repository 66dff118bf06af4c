// What each tab of a destination's page gets.
import type { DestinationDetail } from "@tributary/schema/api/destinations.ts";
import type { DestinationSearch } from "./destinations-search.ts";

export type SearchChange = { readonly [Key in keyof DestinationSearch]?: DestinationSearch[Key] | undefined };

export interface TabProps {
  readonly destination: DestinationDetail;
  readonly search: DestinationSearch;
  readonly onSearch: (search: SearchChange) => void;
}
