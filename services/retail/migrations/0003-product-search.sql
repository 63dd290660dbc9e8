-- Words of a product's name in their English stem: "candles" finds "CANDLE".
create index idx_products_search on retail.products using gin (to_tsvector('english', name));
