export { checkedHeaders, forbiddenAt } from './header.ts';
