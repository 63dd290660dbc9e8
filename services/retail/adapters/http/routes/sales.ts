import { z } from 'zod';
import type { Call } from '../../../domain/ports.ts';
import type { ReportQuery, SalesReport } from '../../../domain/reports.ts';
import type { Sales } from '../../../domain/sales.ts';
import { type Route, route } from '../route.ts';
import * as schemas from '../schemas.ts';

export type ReadReport = (query: ReportQuery, call?: Call) => Promise<SalesReport>;

export function saleRoutes(sales: Sales, salesReport: ReadReport): Route[] {
  return [
    route({
      method: 'POST',
      path: '/retail/sales',
      id: 'createSale',
      summary: 'Sells what is on the shelves of one store, all lines or none',
      headers: schemas.idempotencyKey,
      body: schemas.saleOrder,
      refuses: [404, 409],
      answers: { status: 201, description: 'The sale; the same key gives the same again', schema: schemas.sale },
      async handle({ body, headers }, call) {
        const { sale, isRepeat } = await sales.sell(body, headers['idempotency-key'], call);
        return { body: sale, headers: { location: `/retail/sales/${sale.id}`, ...(isRepeat ? { 'idempotent-replayed': 'true' } : {}) } };
      },
    }),
    route({
      method: 'GET',
      path: '/retail/sales/{id}',
      id: 'getSale',
      summary: 'One sale with its lines',
      params: z.strictObject({ id: schemas.bigIdOf('sale') }),
      answers: { status: 200, description: 'The sale', schema: schemas.sale },
      handle: async ({ params }, call) => ({ body: await sales.getSale(params.id, call) }),
    }),
    route({
      method: 'GET',
      path: '/retail/reports/sales',
      id: 'getSalesReport',
      summary: 'Turnover of a range of days by day, category or product, of one store or all',
      query: schemas.reportQuery,
      answers: { status: 200, description: 'The report; it may be 15 minutes old', schema: schemas.report },
      handle: async ({ query: { store, ...query } }, call) => ({ body: await salesReport({ ...query, storeId: store }, call) }),
    }),
  ];
}
