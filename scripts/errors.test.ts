import { globSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCatalogues } from './docs/catalogues.ts';
import { type ErrorClass, errorClasses } from './docs/error-classes.ts';

const source = resolve(import.meta.dirname, '../packages/millrace/src');
const files = globSync('**/*.ts', { cwd: source, exclude: (name) => name.endsWith('.test.ts') || name === 'testing' }).map((file) => file.split(sep).join('/'));
const texts = new Map(files.map((file) => [file, readFileSync(join(source, file), 'utf8')]));
const classes = [...texts].flatMap(([file, text]) => errorClasses(file, text).map((one): ErrorClass & { file: string } => ({ ...one, file })));
const entries = (await readCatalogues(source)).flatMap(({ catalogue }) => Object.entries(catalogue));
const catalogue = new Map(entries);

/** True when the class comes from ours, through however many steps. */
const isOurs = ({ extends: base }: ErrorClass): boolean => base === 'MillraceError' || classes.some((one) => one.name === base && isOurs(one));
const ours = classes.filter((one) => isOurs(one));

describe('every error and its catalogue', () => {
  it('finds the classes and the catalogues', () => {
    expect(ours.length).toBeGreaterThan(5);
    expect(catalogue.size).toBeGreaterThan(5);
  });

  it('gives each class a code that a catalogue explains', () => {
    const unexplained = ours
      .filter(({ code }) => code !== undefined && !catalogue.has(code as `MILLRACE_${string}`))
      .map(({ file, line, name, code }) => `${file}:${line} ${name}: ${code}`);
    expect(unexplained).toEqual([]);
  });

  it('lists no code that nothing throws or warns with', () => {
    const told = [...catalogue.keys()].filter((code) => {
      const uses = [...texts.values()].flatMap((text) => [...text.matchAll(new RegExp(`['"\`]${code}['"\`]`, 'g'))]);
      return uses.length === 0; // its own catalogue lists it as a key, without quotes
    });
    expect(told).toEqual([]);
  });

  it('agrees with its catalogue on status and on whether to try again', () => {
    const apart = ours.flatMap(({ code, name, retryable, status }) => {
      const entry = catalogue.get(code as `MILLRACE_${string}`);
      if (!entry) return [];
      const differs = (retryable !== undefined && retryable !== entry.retryable) || (status !== undefined && status !== entry.status);
      return differs ? [`${name}: class says ${retryable}/${status}, catalogue ${entry.retryable}/${entry.status}`] : [];
    });
    expect(apart).toEqual([]);
  });

  it('says something of the case in every message: a figure or a name', () => {
    expect(ours.filter(({ hasFixedMessage }) => hasFixedMessage).map(({ file, line, name }) => `${file}:${line} ${name}`)).toEqual([]);
  });

  it('means the same by a code that two areas share', async () => {
    const shared = new Map<string, string>();
    for (const file of globSync('**/errors.ts', { cwd: source })) {
      const module = (await import(join(source, file))) as Record<string, object>;
      for (const [code, entry] of Object.values(module).flatMap((one) => Object.entries(typeof one === 'object' ? one : {}))) {
        if (!code.startsWith('MILLRACE_')) continue;
        const { retryable, status } = entry as { retryable: boolean; status: number };
        const before = shared.get(code) ?? `${retryable}/${status}`;
        expect(`${code} ${retryable}/${status}`).toBe(`${code} ${before}`);
        shared.set(code, before);
      }
    }
  });

  it.each(entries)('%s has a title, a cause and a remedy in plain words', (_code, { title, why, do: remedy, status }) => {
    expect(title).toMatch(/^[A-Z].{3,80}[^.!]$/);
    for (const text of [why, remedy]) {
      expect(text).toMatch(/^.{5,}[.]$/s);
      expect(text).not.toMatch(/!|oops|sorry|please/i);
    }
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
  });
});
