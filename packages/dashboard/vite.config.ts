import { defineConfig } from 'vite';
import { packed } from './build/packed.ts';

export default defineConfig({
  // Absolute, since a deep link (`/performance/ui/requests/42`) would ask for relative files below itself.
  base: '/performance/ui/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2024',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'chart', test: /[\\/]uplot[\\/]/, priority: 2 },
            { name: 'vendor', test: /[\\/]node_modules[\\/]/, priority: 1 },
          ],
        },
      },
    },
  },
  plugins: [packed({ firstLoadBytes: 60_000, lazyChunkBytes: 12_000, largeChunks: { chart: 24_000 }, styleBytes: 12_000, htmlBytes: 3_000 })],
});
