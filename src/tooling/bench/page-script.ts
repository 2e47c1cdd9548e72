import { build } from 'vite';

/**
 * Bundles a TypeScript file into one script text for `page.evaluate`, which no content security policy holds up. What the
 * script offers it must put on `globalThis`.
 */
export async function bundlePageScript(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"', __APP_VERSION__: '"bench"' },
    build: { write: false, target: 'es2023', lib: { entry, formats: ['iife'], name: 'pageScript' } },
  });
  const [output] = Array.isArray(built) ? built : [built];
  const chunk = 'output' in output ? output.output[0] : undefined;
  if (chunk?.type !== 'chunk') throw new Error(`Nothing came of bundling ${entry}`);
  return chunk.code;
}
