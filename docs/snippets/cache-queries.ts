import { createMillrace } from 'millrace';

const millrace = await createMillrace({ cache: { queryTables: ['items', 'shelves'] } });

const text = 'select s.name, count(*)::int as items from items i join shelves s on s.id = i.shelf group by s.name order by s.name';
console.log(await millrace.executeQuery(text, [], { cache: { tables: ['items', 'shelves'] } })); // fresh for 15 minutes, or until a row of either changes
console.log(await millrace.executeQuery('select now()', [], { cache: true })); // for 30 seconds
console.log(await millrace.executeQuery('select now()', [], { cache: { ttl: '2s' } })); // for two
