export { canonicalText, paramsHash } from './canonical.ts';
export { checkedKey, type EntityId, escapePart, type IdPart, indexOf, joinKey, longestKey, partText } from './id.ts';
export { isAtOrBelow, type Matcher, matcherOf } from './pattern.ts';
export { aggregationKey, analysisKey, externalApiKey, key, userKey } from './shapes.ts';
