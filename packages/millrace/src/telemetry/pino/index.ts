export { type PinoLike, toPino } from './pino.ts';
