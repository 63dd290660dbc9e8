export { prometheusMediaType, prometheusText } from './text.ts';
