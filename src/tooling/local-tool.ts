import { join } from 'node:path';
import { ROOT } from './build/build.ts';

/** A tool of node_modules as a command line: npx would first start npm, a second of each tool's time. */
export function localTool(name: string, args: readonly string[]): readonly [string, string[]] {
  // Windows starts the tools' .cmd files only through a shell, which npx knows how to quote for.
  if (process.platform === 'win32') return ['npx', ['--no-install', name, ...args]];
  return [join(ROOT, 'node_modules/.bin', name), [...args]];
}
