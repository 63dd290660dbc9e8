export { pageHeaders, StaticFiles } from './static-files.ts';
