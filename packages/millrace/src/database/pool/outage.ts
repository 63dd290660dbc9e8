import { isMillraceError, messageOf, type Random } from '../../kernel/index.ts';

const firstBackoffMs = 100;
const longestBackoffMs = 2000;
/** Where trying again cannot help (a wrong password), somebody has to change something first. */
const hopelessBackoffMs = 30_000;

/** How it stands with opening connections: failures in a row, and when to try again. Full jitter, after Brooker, "Exponential Backoff And Jitter" (AWS, 2015). */
export class Outage {
  failures = 0;
  sinceMs = 0;
  /** The newest reason. */
  error: unknown = undefined;

  get isOn(): boolean {
    return this.failures > 0;
  }

  /** True when trying again by itself changes nothing. */
  get isHopeless(): boolean {
    return isMillraceError(this.error) && !this.error.retryable;
  }

  get reason(): string {
    return messageOf(this.error);
  }

  /** Counts a failure and returns how long to wait before the next attempt. */
  failed(error: unknown, nowMs: number, random: Random): number {
    if (this.failures++ === 0) this.sinceMs = nowMs;
    this.error = error;
    const longest = this.isHopeless ? hopelessBackoffMs : longestBackoffMs;
    return random.next() * Math.min(longest, firstBackoffMs * 2 ** Math.min(this.failures, 20));
  }

  over(): void {
    this.failures = 0;
    this.error = undefined;
  }
}
