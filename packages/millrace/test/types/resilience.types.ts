// Compiled by `npm run types`, never run: what the door must refuse. A line that begins to compile fails here.

import { timeout } from 'millrace/resilience';
import { TestClock } from 'millrace/testing';

timeout<string, number>('3s');
timeout<string, number>(250);
timeout<string, number>({ limit: '1m' });
// @ts-expect-error a month is no duration
timeout<string, number>('1M');
// @ts-expect-error nor is a sentence
timeout<string, number>('5 minutes');
// @ts-expect-error a limit is needed
timeout<string, number>({});
// @ts-expect-error an option that does not exist
timeout<string, number>({ limit: '1s', limitMs: 1 });
// @ts-expect-error the call answers with a number
timeout<string, number>('3s')(async (symbol: string) => symbol);
// @ts-expect-error and takes a string
timeout<string, number>('3s')(async (symbol: number) => symbol);

export const moved: Promise<void> = new TestClock().advance(5);
