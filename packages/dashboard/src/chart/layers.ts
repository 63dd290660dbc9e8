/** The five layers of a request, in the order they are always drawn and named. */
export const layers = [
  { id: 'queue', name: 'queue', token: 'l-queue' },
  { id: 'cache', name: 'cache', token: 'l-cache' },
  { id: 'database', name: 'database', token: 'l-database' },
  { id: 'external', name: 'external', token: 'l-external' },
  { id: 'own', name: 'own time', token: 'l-own' },
] as const;

export type LayerId = (typeof layers)[number]['id'];
