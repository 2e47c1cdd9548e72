import { expect, it } from 'vitest';
import { floorsOf, pictureOf, roomsFrom } from './rooms-picture.ts';

const module = (source: string, ...imports: string[]) => ({
  source,
  dependencies: imports.map((resolved) => ({ resolved })),
});

it('puts every room below those that import it, tests and tools apart', () => {
  const rooms = roomsFrom([
    module('src/app/app.tsx', 'src/chat/a.ts', 'src/lib/b.ts', 'node_modules/react/index.js'),
    module('src/chat/a.ts', 'src/lib/b.ts'),
    module('src/chat/a.test.ts', 'src/app/app.tsx'),
    module('src/cli/c.ts', 'src/app/app.tsx'),
    module('src/lib/b.ts'),
  ]);
  expect(floorsOf(rooms)).toEqual([['app'], ['chat'], ['lib']]);
  const picture = pictureOf(rooms);
  expect(picture).toContain('<title>chat → lib</title>');
  expect(picture).not.toContain('cli');
});

it('says which rooms go round in a circle', () => {
  const rooms = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['a'])],
  ]);
  expect(() => floorsOf(rooms)).toThrow(/→/);
});
