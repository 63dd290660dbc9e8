export { Drain, type Listening } from './drain.ts';
