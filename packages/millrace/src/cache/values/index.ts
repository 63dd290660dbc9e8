export { freezeDeep } from './freeze.ts';
export { sizeOf } from './size.ts';
