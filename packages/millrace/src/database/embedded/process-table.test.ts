import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { isServerOf, readPidFile } from './pid-file.ts';
import { processFacts } from './process-table.ts';

it('O1 a process is known by more than its pid: its parent, when it began and what it runs', () => {
  const facts = processFacts(process.pid);
  expect(facts?.parentPid).toBe(process.ppid);
  expect(facts?.startedAt).not.toBe('');
  expect(facts?.command).toContain('node');
  expect(processFacts(process.pid)?.startedAt).toBe(facts?.startedAt);
});

it('O1 what is no pid is no process', () => {
  for (const pid of [0, -1, Number.NaN, 1.5, 2 ** 30]) expect(processFacts(pid)).toBe(undefined);
});

it('O1 a pid file is read as the server writes it, half-written too, and a living stranger is not taken for the server', () => {
  const data = mkdtempSync(join(tmpdir(), 'millrace-pid-file-'));
  onTestFinished(() => rmSync(data, { recursive: true }));
  expect(readPidFile(data)).toBe(undefined);
  writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1700000000\n`);
  expect(readPidFile(data)).toEqual({ pid: process.pid, port: Number.NaN, state: '' });
  writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1700000000\n5433\n\n127.0.0.1\n  1 2\nready   \n`);
  expect(readPidFile(data)).toEqual({ pid: process.pid, port: 5433, state: 'ready' });
  expect(isServerOf(data, process.pid)).toBe(false);
});
