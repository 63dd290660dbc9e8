import type { Database } from 'millrace/database';

export async function sell(database: Database, productId: number, quantity: number): Promise<void> {
  await database.transaction(
    async (tx) => {
      const left = await tx.execute('update inventory set quantity = quantity - $2 where product_id = $1 and quantity >= $2', [productId, quantity]);
      if (left === 0) throw new Error('not enough in stock'); // everything is rolled back
      await tx.execute('insert into sales (product_id, quantity) values ($1, $2)', [productId, quantity]);
      // A nested transaction is a savepoint: what fails in it leaves the sale as it is.
      await tx.transaction((points) => points.execute('insert into loyalty_points (product_id) values ($1)', [productId])).catch(() => 0);
    },
    { isolation: 'serializable', retries: 3 },
  );
}
