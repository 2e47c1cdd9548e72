/**
 * `npm run rooms`: draws `docs/rooms.svg`, the rooms of `src/` and which imports which, from the imports themselves. A room stands
 * below every room that imports it. Tests, the command line and the tooling are left out: they import whatever they need.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from '../build/build.ts';

const LEFT_OUT = new Set(['cli', 'tooling']);
const BOX = { width: 132, height: 34 };
const GAP = { x: 22, y: 62 };
const MARGIN = 24;

const cruise = z.object({
  modules: z.array(
    z.object({ source: z.string(), dependencies: z.array(z.object({ resolved: z.string() })) }),
  ),
});

/** Room → the rooms it imports. */
export type Rooms = ReadonlyMap<string, ReadonlySet<string>>;

function roomOf(path: string): string | null {
  const room = /^src\/([\w-]+)\//.exec(path)?.[1];
  return room === undefined || LEFT_OUT.has(room) || /\.test\.tsx?$/.test(path) ? null : room;
}

export function roomsFrom(modules: z.infer<typeof cruise>['modules']): Rooms {
  const rooms = new Map<string, Set<string>>();
  for (const { source, dependencies } of modules) {
    const from = roomOf(source);
    if (from === null) continue;
    const imported = rooms.get(from) ?? new Set<string>();
    rooms.set(from, imported);
    for (const { resolved } of dependencies) {
      const to = roomOf(resolved);
      if (to !== null && to !== from) imported.add(to);
    }
  }
  return rooms;
}

/** @returns the floors from the top down; a room stands on a floor below all rooms that import it. */
export function floorsOf(rooms: Rooms): readonly (readonly string[])[] {
  const depths = new Map<string, number>();
  const depthOf = (room: string, path: readonly string[] = []): number => {
    const known = depths.get(room);
    if (known !== undefined) return known;
    if (path.includes(room)) throw new Error(`rooms import each other: ${[...path, room].join(' → ')}`);
    const above = [...rooms].filter(([, imports]) => imports.has(room)).map(([name]) => name);
    const depth =
      above.length === 0 ? 0 : 1 + Math.max(...above.map((name) => depthOf(name, [...path, room])));
    depths.set(room, depth);
    return depth;
  };
  const floors: string[][] = [];
  for (const room of [...rooms.keys()].sort()) (floors[depthOf(room)] ??= []).push(room);
  return floors;
}

/** @returns the picture; an arrow points from who imports to what is imported. */
export function pictureOf(rooms: Rooms): string {
  const floors = floorsOf(rooms);
  const widest = Math.max(...floors.map(({ length }) => length));
  const width = 2 * MARGIN + widest * BOX.width + (widest - 1) * GAP.x;
  const height = 2 * MARGIN + floors.length * BOX.height + (floors.length - 1) * GAP.y;
  const places = new Map<string, { readonly x: number; readonly y: number }>();
  floors.forEach((floor, row) => {
    const left = (width - floor.length * BOX.width - (floor.length - 1) * GAP.x) / 2;
    floor.forEach((room, column) => {
      places.set(room, {
        x: left + column * (BOX.width + GAP.x),
        y: MARGIN + row * (BOX.height + GAP.y),
      });
    });
  });
  const arrows = [...rooms].flatMap(([from, imports]) =>
    [...imports].sort().flatMap((to) => {
      const [a, b] = [places.get(from), places.get(to)];
      if (!a || !b) return [];
      const [x1, y1, x2, y2] = [a.x + BOX.width / 2, a.y + BOX.height, b.x + BOX.width / 2, b.y - 3];
      const bend = (y1 + y2) / 2;
      return [
        `<path d="M${x1} ${y1} C${x1} ${bend} ${x2} ${bend} ${x2} ${y2}" marker-end="url(#tip)"><title>${from} → ${to}</title></path>`,
      ];
    }),
  );
  const boxes = [...places].map(
    ([room, { x, y }]) =>
      `<rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6"/>` +
      `<text x="${x + BOX.width / 2}" y="${y + BOX.height / 2 + 5}">${room}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="The rooms of src and their imports">
<style>
svg{background:#fbfaf7}path{fill:none;stroke:#8a8577;stroke-opacity:.45}rect{fill:#fff;stroke:#3d5a50}
text{font:14px Georgia,serif;text-anchor:middle;fill:#23211c}
@media (prefers-color-scheme:dark){svg{background:#1b1a17}path{stroke:#a7a293}rect{fill:#26241f;stroke:#8fb3a5}text{fill:#ece8de}}
</style>
<defs><marker id="tip" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0L6 3L0 6" style="fill:#8a8577;stroke:none"/></marker></defs>
${arrows.join('\n')}
${boxes.join('\n')}
</svg>
`;
}

if (process.argv[1] === import.meta.filename) {
  const output = execFileSync(
    join(ROOT, 'node_modules/.bin/depcruise'),
    ['--config', '.dependency-cruiser.js', '--output-type', 'json', 'src'],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  );
  const rooms = roomsFrom(cruise.parse(JSON.parse(output)).modules);
  writeFileSync(join(ROOT, 'docs/rooms.svg'), pictureOf(rooms));
  for (const room of readdirSync(join(ROOT, 'src'), { withFileTypes: true }))
    if (room.isDirectory() && !rooms.has(room.name) && !LEFT_OUT.has(room.name))
      console.log(`nothing of ${room.name} is drawn`);
  console.log(
    `docs/rooms.svg: ${floorsOf(rooms)
      .map((floor) => floor.join(' '))
      .join(' | ')}`,
  );
}
