// The demo's traffic: a process of its own that asks the service as visitors would, until the process that started it is gone.
import { randomUUID } from 'node:crypto';
import { trafficPlan } from './traffic/plan.ts';
import { runTraffic } from './traffic/runner.ts';
import { readShop } from './traffic/shop.ts';

const [url = '', rate = '40'] = process.argv.slice(2);

// Ctrl-C reaches every process of the terminal: the order of the stop is our parent's to keep, and it closes this channel.
for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => {});
process.on('disconnect', () => process.exit(0));
if (process.send !== undefined && !process.connected) process.exit(0);

try {
  const shop = await readShop(url);
  const stop = runTraffic({ url, next: trafficPlan(shop, Math.random, randomUUID), rate: Number(rate), chance: Math.random });
  process.on('SIGTERM', () => {
    stop();
    process.exit(0);
  });
} catch (error) {
  process.stderr.write(`The traffic cannot begin: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
