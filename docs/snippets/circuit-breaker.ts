import { createMillrace } from 'millrace';
import { CircuitBreakerRegistry } from 'millrace/resilience';

const millrace = await createMillrace();
const breakers = new CircuitBreakerRegistry({ clock: millrace.system.clock, events: millrace.events });

export const price = (symbol: string): Promise<string> =>
  breakers.breaker('prices', { ratio: 0.5, reset: '30s' }).run(async () => (await fetch(`https://prices.example/${symbol}`)).text());
