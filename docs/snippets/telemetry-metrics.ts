import { createMillrace } from 'millrace';

const millrace = await createMillrace();

export function orderPlaced(shop: string, lines: number, tookMs: number): void {
  millrace.recordMetric('orders_total', 1, { shop }); // ends in _total: added up
  millrace.recordMetric('order_import_seconds', tookMs / 1000); // ends in _seconds: a distribution
  millrace.recordMetric('order_lines', lines, { shop }); // anything else: the last value
}

console.log(millrace.monitoring.prometheus());
