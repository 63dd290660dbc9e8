import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** Compressed bytes, at most. The build fails when one is passed, and names every one that is. */
export interface Budget {
  /** All JavaScript that the entry needs before it draws. */
  readonly firstLoadBytes: number;
  /** One chunk that comes later; a chunk named in `largeChunks` has its own limit. */
  readonly lazyChunkBytes: number;
  readonly largeChunks: Readonly<Record<string, number>>;
  readonly styleBytes: number;
  readonly htmlBytes: number;
}

/** What one build weighs: brotli, quality 11, as it is sent. */
export interface Weight {
  readonly firstLoad: number;
  readonly lazy: Readonly<Record<string, number>>;
  readonly styles: number;
  readonly html: number;
}

interface Part {
  readonly name: string;
  readonly isEntry: boolean;
  readonly imports: readonly string[];
  readonly bytes: number;
}

const brotli = (body: Buffer): Buffer =>
  brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } });

/** Follows the static imports of every entry: what they reach is the first load, each other chunk stands alone. */
export function weigh(chunks: Readonly<Record<string, Part>>): Pick<Weight, 'firstLoad' | 'lazy'> {
  const first = new Set<string>();
  const walk = (file: string): void => {
    if (first.has(file) || !chunks[file]) return;
    first.add(file);
    chunks[file].imports.forEach(walk);
  };
  for (const [file, chunk] of Object.entries(chunks)) if (chunk.isEntry) walk(file);
  const lazy = Object.entries(chunks).filter(([file]) => !first.has(file));
  return {
    firstLoad: [...first].reduce((sum, file) => sum + (chunks[file]?.bytes ?? 0), 0),
    lazy: Object.fromEntries(lazy.map(([, chunk]) => [chunk.name, chunk.bytes])),
  };
}

/** Every excess as a sentence; empty when all is inside. */
export function excesses(weight: Weight, budget: Budget): readonly string[] {
  const over = (what: string, bytes: number, limit: number): string[] =>
    bytes > limit ? [`${what} weighs ${bytes} bytes of brotli, the limit is ${limit}`] : [];
  return [
    ...over('the first load of JavaScript', weight.firstLoad, budget.firstLoadBytes),
    ...Object.entries(weight.lazy).flatMap(([name, bytes]) => over(`the chunk ${name}`, bytes, budget.largeChunks[name] ?? budget.lazyChunkBytes)),
    ...over('all styles', weight.styles, budget.styleBytes),
    ...over('index.html', weight.html, budget.htmlBytes),
  ];
}

/** Compresses every file once, as well as it goes, and holds the build to its budget. */
export const packed = (budget: Budget): Plugin => ({
  name: 'millrace:packed',
  apply: 'build',
  enforce: 'post',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      const chunks: Record<string, Part> = {};
      let styles = 0;
      let html = 0;
      for (const [file, one] of Object.entries(bundle)) {
        const body = Buffer.from(one.type === 'chunk' ? one.code : one.source);
        const small = brotli(body);
        if (one.type === 'chunk') chunks[file] = { name: one.name, isEntry: one.isEntry, imports: one.imports, bytes: small.length };
        else if (file.endsWith('.css')) styles += small.length;
        else if (file.endsWith('.html')) html += small.length;
        if (body.length < 1_024) continue;
        this.emitFile({ type: 'asset', fileName: `${file}.br`, source: small });
        this.emitFile({ type: 'asset', fileName: `${file}.gz`, source: gzipSync(body, { level: 9 }) });
      }
      const weight = { ...weigh(chunks), styles, html };
      const problems = excesses(weight, budget);
      if (problems.length) this.error(problems.join('\n'));
      this.info(`first load ${weight.firstLoad} of ${budget.firstLoadBytes} bytes of brotli, styles ${styles} of ${budget.styleBytes}`);
      this.emitFile({ type: 'asset', fileName: 'weight.json', source: `${JSON.stringify(weight, null, 2)}\n` });
    },
  },
});
