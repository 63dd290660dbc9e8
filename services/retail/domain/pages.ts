/** Where a keyset page goes on: the sort values of the last item seen. */
export type Position = readonly (string | number)[];

/** Which page: after a position (its cost does not grow with depth), or the n-th, which also counts the total. */
export interface PageRequest {
  /** Items, 1 to 100. */
  readonly limit: number;
  readonly after?: Position | undefined;
  /** 1-based; asks for an offset page. */
  readonly page?: number | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next keyset page begins; undefined on the last one and on offset pages. */
  readonly next?: Position | undefined;
  /** All items there are; offset pages only. */
  readonly total?: number | undefined;
}

/** A page from `limit + 1` rows: the one too many tells that there is more. */
export function pageOf<Row, Item>(rows: readonly Row[], limit: number, item: (row: Row) => Item, position: (row: Row) => Position): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(item), next: rows.length > limit && last !== undefined ? position(last) : undefined };
}
