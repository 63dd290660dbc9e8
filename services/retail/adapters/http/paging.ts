import type { Page, PageRequest } from '../../domain/pages.ts';
import type { Cursors } from './cursor.ts';

interface KeysetQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly page?: number | undefined;
}

/** Pages of one list. A cursor belongs to the list and to its filters: those are signed with it. */
export interface Paging {
  request(query: KeysetQuery): PageRequest;
  answer<Item>(query: KeysetQuery, page: Page<Item>): Readonly<Record<string, unknown>>;
}

export function pagingOf(cursors: Cursors, list: string, filters: Readonly<Record<string, unknown>>): Paging {
  const scope = `${list}?${JSON.stringify(Object.entries(filters).filter(([, value]) => value !== undefined))}`;
  return {
    request: ({ limit, cursor, page }) => ({ limit, page, after: cursor === undefined ? undefined : cursors.read(scope, cursor) }),
    answer: ({ limit, page }, { items, next, total }) =>
      page === undefined
        ? { items, limit, nextCursor: next === undefined ? null : cursors.sign(scope, next) }
        : { items, total: total ?? 0, page, limit, totalPages: Math.ceil((total ?? 0) / limit) },
  };
}
