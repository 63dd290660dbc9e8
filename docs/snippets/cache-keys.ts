import { aggregationKey, analysisKey, externalApiKey, key, userKey } from 'millrace/cache';

console.log(analysisKey('uniswap', 'full')); // analysis:uniswap:full
console.log(userKey(42, 'balance')); // user:42:balance
console.log(externalApiKey('coingecko', 'price', { ids: 'bitcoin', vs_currencies: 'usd' })); // external:coingecko:price:{32 hexadecimal digits}
console.log(aggregationKey('volume', '1h')); // agg:volume:1h:{five minutes}
console.log(key('user', '1:admin', 'x')); // user:1%3Aadmin:x
