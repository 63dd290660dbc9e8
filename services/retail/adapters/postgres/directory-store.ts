import { eq, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { LoyaltyMember } from '../../domain/loyalty.ts';
import type { DirectoryStore, User } from '../../domain/people.ts';
import type { Call } from '../../domain/ports.ts';
import type { Category } from '../../domain/products.ts';
import { iso, type Sql } from './sql.ts';
import { customers, loyaltyMembers, users } from './tables.ts';

export const storesText = 'select id, name, country from retail.stores order by id limit 1000';

export const categoriesText = `
select c.id, c.name, (select count(*)::int from retail.products p where p.category_id = c.id and p.discontinued_at is null) as products
from retail.categories c
where $1::int[] is null or c.id = any($1)
order by c.id
limit 1000`;

/** Categories with the number of their products on sale; all where no ids are given. */
export const loadCategories = (database: Sql, ids: readonly number[] | undefined, call?: Call): Promise<Category[]> =>
  database.rows<Category>(categoriesText, [ids ?? null], call);

export const loadUsers = async (orm: NodePgDatabase, ids: readonly number[]): Promise<User[]> =>
  orm
    .select({ id: users.id, storeId: users.storeId, email: users.email, name: users.name, role: users.role })
    .from(users)
    .where(sql`${users.id} = any(${sql.param(ids)}::int[])`);

export async function loadMembers(orm: NodePgDatabase, customerIds: readonly number[]): Promise<LoyaltyMember[]> {
  const rows = await orm
    .select({
      id: loyaltyMembers.id,
      customerId: loyaltyMembers.customerId,
      country: customers.country,
      tier: loyaltyMembers.tier,
      points: loyaltyMembers.points,
      joinedAt: loyaltyMembers.joinedAt,
    })
    .from(loyaltyMembers)
    .innerJoin(customers, eq(customers.id, loyaltyMembers.customerId))
    .where(sql`${loyaltyMembers.customerId} = any(${sql.param(customerIds)}::int[])`);
  return rows.map(({ joinedAt, ...row }) => ({ ...row, joinedAt: iso(joinedAt) }));
}

export const userByEmailText = 'select id from retail.users where lower(email) = lower($1)';

export const directoryStore = (database: Sql): DirectoryStore => ({
  async userIdByEmail(email, call) {
    const [row] = await database.rows<{ id: number }>(userByEmailText, [email], call);
    return row?.id;
  },
});
