/** The arithmetic of axes: nothing here knows a screen. */

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400].map((seconds) => seconds * 1_000);

/** Round moments inside a range, at most `most` of them, in the reader's time zone. */
export function timeTicks(fromMs: number, toMs: number, most: number): readonly number[] {
  const step = steps.find((one) => (toMs - fromMs) / one <= most) ?? 86_400_000 * Math.ceil((toMs - fromMs) / 86_400_000 / most);
  const zoneMs = new Date(fromMs).getTimezoneOffset() * 60_000;
  const ticks: number[] = [];
  for (let at = Math.ceil((fromMs - zoneMs) / step) * step + zoneMs; at <= toMs; at += step) ticks.push(at);
  return ticks;
}

/** Round values from 0 to just above `max`, at most `most` steps. The last one is the top of the axis. */
export function valueTicks(max: number, most: number): readonly number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999_999) ?? power * 10;
  const count = Math.max(1, Math.ceil(max / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

/** Powers of ten inside a range of a log axis. */
export function logTicks(low: number, high: number): readonly number[] {
  const ticks: number[] = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.floor(Math.log10(high) + 1e-9); power += 1) ticks.push(10 ** power);
  return ticks;
}

/** Runs of known values: a gap is a gap, a line never bridges it. */
export function runs(values: readonly (number | null)[]): readonly (readonly [from: number, to: number])[] {
  const found: [number, number][] = [];
  let from = -1;
  values.forEach((value, index) => {
    if (value !== null && from < 0) from = index;
    if (value === null && from >= 0) {
      found.push([from, index - 1]);
      from = -1;
    }
  });
  if (from >= 0) found.push([from, values.length - 1]);
  return found;
}

/** The position in a sorted list of moments that lies nearest. */
export function nearest(timesMs: readonly number[], atMs: number): number {
  let low = 0;
  let high = timesMs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] as number) < atMs) low = middle + 1;
    else high = middle;
  }
  const before = timesMs[low - 1];
  return before !== undefined && atMs - before < (timesMs[low] as number) - atMs ? low - 1 : low;
}
