/** The direction of imports, as the folders tell it: app → rooms → (engine, transcode, prompts) → lib; ui beside lib. */
const room = (names) => `^src/(${names})/`;
const test = '\\.test\\.tsx?$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'lib-and-ui-stand-alone',
      severity: 'error',
      from: { path: room('lib|ui'), pathNot: test },
      to: {
        path: room('app|notice|device|models|chat|conversations|transcripts|engine|transcode|prompts|cli'),
      },
    },
    {
      name: 'pure-rooms-import-only-lib',
      comment: 'They run in a worker, in node and in a test alike.',
      severity: 'error',
      from: { path: room('transcode|prompts'), pathNot: test },
      to: { path: '^src/', pathNot: room('lib|transcode|prompts') },
    },
    {
      name: 'pure-rooms-leave-each-other-alone',
      severity: 'error',
      from: { path: '^src/(transcode|prompts)/', pathNot: test },
      to: { path: '^src/(transcode|prompts)/', pathNot: '^src/$1/' },
    },
    {
      name: 'engines-know-no-rooms',
      comment:
        'One pure file apart: an engine that is handed a GGUF reads its header (vocabulary, completeness) with the parser there is.',
      severity: 'error',
      from: { path: room('engine'), pathNot: test },
      to: { path: '^src/', pathNot: [room('engine|lib'), '^src/transcode/gguf-parser'] },
    },
    {
      name: 'only-the-shell-knows-the-shell',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(app|main|cli|sw)', test] },
      to: { path: room('app') },
    },
    {
      name: 'nothing-in-the-page-imports-the-command-line',
      severity: 'error',
      from: { path: '^src/', pathNot: [room('cli'), test] },
      to: { path: room('cli') },
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
      name: 'dexie-only-in-conversations',
      severity: 'error',
      from: { path: '^src/', pathNot: room('conversations') },
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
