import { z } from 'zod';
import type { Directory } from '../../../domain/people.ts';
import { type Route, route } from '../route.ts';
import * as schemas from '../schemas.ts';

export function directoryRoutes(directory: Directory): Route[] {
  return [
    route({
      method: 'GET',
      path: '/retail/categories',
      id: 'listCategories',
      summary: 'All categories and how many products each has',
      answers: { status: 200, description: 'The categories', schema: schemas.categoryList },
      handle: async (_, call) => ({ body: { items: await directory.listCategories(call) } }),
    }),
    route({
      method: 'GET',
      path: '/retail/categories/{id}',
      id: 'getCategory',
      summary: 'One category',
      params: z.strictObject({ id: schemas.idOf('category') }),
      answers: { status: 200, description: 'The category', schema: schemas.category },
      handle: async ({ params }, call) => ({ body: await directory.getCategory(params.id, call) }),
    }),
    route({
      method: 'GET',
      path: '/retail/customers/{customerId}/loyalty',
      id: 'getCustomerLoyalty',
      summary: 'The membership of one customer',
      params: z.strictObject({ customerId: schemas.idOf('customer') }),
      answers: { status: 200, description: 'The membership', schema: schemas.loyalty },
      handle: async ({ params }, call) => ({ body: await directory.getLoyalty(params.customerId, call) }),
    }),
    route({
      method: 'GET',
      path: '/retail/users',
      id: 'findUser',
      summary: 'The account with an e-mail address, in any case of its letters',
      query: schemas.emailQuery,
      refuses: [404],
      answers: { status: 200, description: 'The account', schema: schemas.user },
      handle: async ({ query }, call) => ({ body: await directory.findUser(query.email, call) }),
    }),
    route({
      method: 'GET',
      path: '/retail/users/{id}',
      id: 'getUser',
      summary: 'One account',
      params: z.strictObject({ id: schemas.idOf('user') }),
      answers: { status: 200, description: 'The account', schema: schemas.user },
      handle: async ({ params }, call) => ({ body: await directory.getUser(params.id, call) }),
    }),
  ];
}
