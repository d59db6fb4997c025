// How the page is built: into dist/, everything but index.html with a hash in its name.
// `npm run dev` serves it with a running daemon's port behind /api (TIDEMARK_URL).
import {defineConfig} from 'vite';

export default defineConfig({
  base: './',
  esbuild: {jsx: 'automatic', jsxImportSource: 'preact'},
  build: {
    target: 'es2020',
    assetsInlineLimit: 0,
    modulePreload: false,
    // Sizes are reported by the embedding step; the build says only what is wrong.
    reportCompressedSize: false,
  },
  server: {
    proxy: {'/api': {target: process.env.TIDEMARK_URL ?? 'http://127.0.0.1:8260', changeOrigin: true}},
  },
  logLevel: 'warn',
});
