export { openPino, type PinoLike, type PinoTarget, toPino } from './pino.ts';
