import { createCache } from 'millrace/cache';

interface Price {
  readonly symbol: string;
  readonly usd: number;
  readonly isVolatile: boolean;
}

const readPrices = async (symbols: readonly string[], { signal }: { signal: AbortSignal }): Promise<Price[]> => {
  const answer = await fetch(`https://prices.example/?symbols=${symbols.join(',')}`, { signal });
  return (await answer.json()) as Price[];
};

export const price = createCache().entity('price', readPrices, {
  key: (row) => row.symbol,
  ttl: (row) => (row.isVolatile ? '30s' : '5m'), // fresh
  staleFor: '1m', // then given at once, and refreshed behind
  staleIfError: '1h', // then given only when loading fails …
  softTimeout: '300ms', // … or takes longer than this
  loadTimeout: '5s', // the source is told to stop
  negativeTtl: '10s', // "there is no such symbol"
});

const { value, state, ageMs } = await price.getEntry('BTC', { timeout: '1s' });
console.log(value?.usd, state === 'stale' ? `${ageMs} ms old` : 'fresh');
