import type { LeaseEnd, LeaseState } from './tier.ts';

/* What stands in a tier under a lease: the token of its holder, `+`: kept, `!` and why the load failed, or `~`: everybody alone. Tokens are hexadecimal. */

/** How long a failure, or that everybody must load for himself, is remembered. */
export const leaseFailureMs = 1000;
/** How long it is remembered that a value was kept: whoever looked for it before, and asks for the lease after, looks once more instead of loading it again. */
const leaseKeptMs = 100;
/** The holder of what was kept. */
export const keptHolder = '+';
const longestReason = 300;

/** What is written when a lease is given back; undefined: nothing, the lease is gone. */
export function encodeLeaseEnd(end: LeaseEnd): string | undefined {
  if (end.is === 'free') return undefined;
  if (end.is === 'kept') return keptHolder;
  return end.is === 'failed' ? `!${end.reason.slice(0, longestReason)}` : '~';
}

/** How long that stands there. */
export const leaseWordMs = ({ is }: LeaseEnd): number => (is === 'kept' ? leaseKeptMs : leaseFailureMs);

/** What a tier answers to `holder` who asked: the text that stands there now. */
export function decodeLease(text: string, holder: string): LeaseState {
  if (text === holder) return { is: 'granted' };
  if (text === '~') return { is: 'alone' };
  if (text === keptHolder) return { is: 'kept' };
  return text.startsWith('!') ? { is: 'failed', reason: text.slice(1) } : { is: 'held' };
}
