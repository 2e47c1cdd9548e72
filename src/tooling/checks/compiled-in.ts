/**
 * What the built app holds beyond the packages of the lock file: compiled into their WebAssembly by their makers, or written into
 * our scripts and styles by a tool. No file in those packages says so; it was read by hand, in the version named.
 */
export interface CompiledIn {
  readonly name: string;
  /** The installed package it comes with, and the version that was read: another one asks for another look. */
  readonly package: string;
  readonly version: string;
  readonly licence: 'MIT' | 'Apache-2.0';
  /** What its licence wants to go along with every copy. */
  readonly notice: string;
}

const WLLAMA = { package: '@wllama/wllama', version: '3.8.1', licence: 'MIT' } as const;
const WEB_LLM = { package: '@mlc-ai/web-llm', version: '0.2.86', licence: 'Apache-2.0' } as const;

export const COMPILED_IN: readonly CompiledIn[] = [
  { ...WLLAMA, name: 'llama.cpp and ggml', notice: 'Copyright (c) 2023-2026 The ggml authors' },
  { ...WLLAMA, name: 'JSON for Modern C++', notice: 'Copyright (c) 2013-2025 Niels Lohmann' },
  {
    ...WLLAMA,
    name: 'Emscripten runtime',
    notice: 'Copyright (c) 2010-2014 Emscripten authors, see AUTHORS file.',
  },
  {
    ...WEB_LLM,
    name: 'Apache TVM web runtime',
    notice: [
      'Apache TVM',
      'Copyright 2019-2023 The Apache Software Foundation',
      'This product includes software developed at The Apache Software Foundation (http://www.apache.org/).',
    ].join('\n'),
  },
  { ...WEB_LLM, name: 'XGrammar', notice: 'Copyright (c) 2024 by XGrammar Contributors' },
  {
    ...WEB_LLM,
    name: 'tokenizers-cpp, with Hugging Face tokenizers and SentencePiece',
    notice: 'SentencePiece: Copyright 2016 Google Inc.',
  },
  {
    name: 'Tailwind CSS base styles',
    package: 'tailwindcss',
    version: '4.3.3',
    licence: 'MIT',
    notice: 'Copyright (c) Tailwind Labs, Inc.',
  },
  {
    name: 'Rolldown runtime',
    package: 'rolldown',
    version: '1.2.19',
    licence: 'MIT',
    notice: 'Copyright (c) 2024-present VoidZero Inc. & Contributors',
  },
  {
    name: 'Vite preload helper',
    package: 'vite',
    version: '8.3.8',
    licence: 'MIT',
    notice: 'Copyright (c) 2019-present, VoidZero Inc. and Vite contributors',
  },
];

/** @returns one line for each whose package is another version now, or gone. */
export function compiledInProblems(
  installed: readonly { readonly name: string; readonly version: string }[],
): readonly string[] {
  return COMPILED_IN.filter(
    ({ package: name, version }) => !installed.some((each) => each.name === name && each.version === version),
  ).map(
    (each) =>
      `${each.name} was read in ${each.package}@${each.version}: look again, and renew src/tooling/checks/compiled-in.ts`,
  );
}

/** The section of THIRD_PARTY.md about them. */
export function compiledInText(): readonly string[] {
  return [
    '## Parts of these packages, and of tools',
    '',
    'Compiled into their WebAssembly, or written into scripts and styles by the build.',
    '',
    '| What | Comes with | Licence |',
    '| --- | --- | --- |',
    ...COMPILED_IN.map((each) => `| ${each.name} | ${each.package} ${each.version} | ${each.licence} |`),
    '',
    'The text of Apache-2.0 is printed below, under @mlc-ai/web-llm. Notices:',
    '',
    '```text',
    COMPILED_IN.map(({ name, notice }) => `${name}\n${notice}`).join('\n\n'),
    '',
    MIT,
    '```',
    '',
  ];
}

const MIT = `The MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH
THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
