import { createMillrace } from 'millrace';

const millrace = await createMillrace();

const { overall, endpoints } = millrace.monitoring.metrics('5m');
console.log(`${overall.ratePerSecond} requests a second, p95 ${overall.p95Ms} ms`);
for (const { method, route, busySeconds } of endpoints.slice(0, 3)) console.log(method, route, busySeconds);
