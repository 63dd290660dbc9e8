-- The sixth named index, idx_inventory_store_product, is the primary key of inventory_levels.
create index idx_products_category on retail.products (category_id);
create index idx_transactions_store_date on retail.transactions (store_id, created_at desc);
-- One membership for each customer.
create unique index idx_loyalty_customer on retail.loyalty_members (customer_id);
create unique index idx_users_email on retail.users (lower(email));
create index idx_movements_product_date on retail.stock_movements (product_id, created_at desc);

-- A SKU is free again once its product is discontinued.
create unique index idx_products_sku on retail.products (sku) where discontinued_at is null;
create unique index idx_transactions_key on retail.transactions (idempotency_key) where idempotency_key is not null;
create unique index idx_movements_key on retail.stock_movements (idempotency_key) where idempotency_key is not null;
