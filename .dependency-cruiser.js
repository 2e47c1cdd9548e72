/** The direction of imports, as the folders tell it: app → rooms → (engine, transcode, prompts) → lib; ui beside lib. */
const room = (names) => `^src/(${names})/`;
const test = '\\.test\\.tsx?$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'lib-and-ui-stand-alone',
      comment: 'ui shows errors and formats in their own words; lib knows nothing but typed errors.',
      severity: 'error',
      from: { path: room('lib|ui'), pathNot: test },
      to: { path: '^src/', pathNot: room('lib|ui|errors') },
    },
    {
      name: 'lib-knows-no-ui',
      severity: 'error',
      from: { path: room('lib|errors|network|database|preferences'), pathNot: test },
      to: { path: room('ui') },
    },
    {
      name: 'ground-floor-knows-no-rooms',
      comment: 'What every room stands on: formats, database, network, errors.',
      severity: 'error',
      from: { path: room('formats|database|network|errors'), pathNot: test },
      to: { path: '^src/', pathNot: room('formats|database|network|errors|lib') },
    },
    {
      name: 'formats-are-pure',
      comment: 'Like transcode, prompts and statistics: they run in a worker, in node and in a test alike.',
      severity: 'error',
      from: { path: room('formats'), pathNot: test },
      to: { path: '^src/', pathNot: room('formats|errors|lib') },
    },
    {
      name: 'pure-rooms-stand-on-formats',
      severity: 'error',
      from: { path: '^src/(transcode|prompts|exams/statistics)/', pathNot: test },
      to: { path: '^src/', pathNot: ['^src/$1/', room('formats|errors|lib')] },
    },
    {
      name: 'engines-know-no-rooms',
      severity: 'error',
      from: { path: room('engine'), pathNot: test },
      to: { path: '^src/', pathNot: room('engine|formats|network|preferences|errors|lib') },
    },
    {
      name: 'preferences-stand-on-the-ground-floor',
      severity: 'error',
      from: { path: room('preferences'), pathNot: test },
      to: { path: '^src/', pathNot: room('preferences|formats|database|network|errors|lib') },
    },
    {
      name: 'only-the-shell-knows-the-shell',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(app|main|cli|tooling|sw)', test] },
      to: { path: room('app') },
    },
    {
      name: 'nothing-in-the-page-imports-the-command-line',
      severity: 'error',
      from: { path: '^src/', pathNot: [room('cli|tooling'), test] },
      to: { path: room('cli|tooling') },
    },
    {
      name: 'web-llm-only-in-its-room',
      severity: 'error',
      from: { path: '^src/', pathNot: room('engine/mlc') },
      to: { path: '@mlc-ai/web-llm' },
    },
    {
      name: 'wllama-only-in-its-room',
      severity: 'error',
      from: { path: '^src/', pathNot: room('engine/llamacpp') },
      to: { path: '@wllama/wllama' },
    },
    {
      name: 'dexie-only-in-the-database-and-repositories',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/database/', '^src/[a-z]+/data/', '^src/conversations/', '^src/tooling/'],
      },
      to: { path: 'node_modules/dexie' },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { pathNot: test },
      to: { path: test },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['^virtual:', '\\?(url|raw|worker)'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
