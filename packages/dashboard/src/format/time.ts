/** Moments and ages as words. Moments are shown in the reader's own time zone, on a 24-hour clock. */

const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minuteFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** `14:02:10` */
export const clockTime = (atMs: number): string => clockFormat.format(atMs);
/** `14:02` */
export const minuteTime = (atMs: number): string => minuteFormat.format(atMs);
/** `21 Nov, 14:02` */
export const dayTime = (atMs: number): string => dayFormat.format(atMs);
/** `14:02:10` today, `21 Nov, 14:02` on another day. */
export const moment = (atMs: number, nowMs: number): string => (Math.abs(nowMs - atMs) < 12 * 3_600_000 ? clockTime(atMs) : dayTime(atMs));

/** A moment below an axis, as exact as the axis is long: seconds up to four minutes, the day from one day on. */
export const axisTime = (lengthMs: number): ((atMs: number) => string) => (lengthMs > 86_400_000 ? dayTime : lengthMs < 240_000 ? clockTime : minuteTime);

/** How long something has lasted, in one or two units: `14 s`, `11 min`, `3 h 12 min`, `6 d`. Never negative, whatever two clocks say. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 && hours < 6 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 2 ? `${days} d ${hours % 24} h` : `${days} d`;
}
