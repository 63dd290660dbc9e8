import { createMillrace } from 'millrace';

const millrace = await createMillrace();
await millrace.executeQuery('create table if not exists shelves (product_id integer primary key, quantity integer not null check (quantity >= 0))');

export interface Line {
  readonly productId: number;
  readonly quantity: number;
}

/** Takes all lines or none; gives the products that are short. Each product stands in one line. */
export const take = (lines: readonly Line[]): Promise<number[]> =>
  millrace.withTransaction(async (transaction) => {
    const wanted = [lines.map(({ productId }) => productId), lines.map(({ quantity }) => quantity)];
    const short = await transaction.executeQuery<{ id: number }>(
      `with locked as materialized (
         select product_id, quantity from shelves where product_id = any($1::int[]) order by product_id for no key update
       )
       select wanted.id from unnest($1::int[], $2::int[]) as wanted (id, pieces) left join locked on product_id = id
       where coalesce(quantity, 0) < pieces`,
      wanted,
    );
    if (short.length > 0) return short.map(({ id }) => id);
    await transaction.executeQuery(
      `update shelves set quantity = quantity - pieces from unnest($1::int[], $2::int[]) as wanted (id, pieces) where product_id = id`,
      wanted,
    );
    return [];
  });
