import { createMillrace } from 'millrace';
import { timeout } from 'millrace/resilience';

const millrace = await createMillrace();

const readPrice = async (symbol: string, { signal }: { signal: AbortSignal }): Promise<number> => {
  const answer = await fetch(`https://prices.example/${symbol}`, { signal });
  return Number(await answer.text());
};

const guarded = timeout<string, number>('3s', { events: millrace.events })(readPrice);

export const price = (symbol: string): Promise<number> => guarded(symbol, millrace.context('price.read', { timeout: '10s' }));
