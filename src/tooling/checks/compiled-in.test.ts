import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMPILED_IN, compiledInProblems } from './compiled-in.ts';

it('what is compiled into the engines has its notice in THIRD_PARTY.md', () => {
  const shipped = readFileSync('THIRD_PARTY.md', 'utf8');
  for (const { name, notice } of COMPILED_IN) expect(shipped).toContain(`${name}\n${notice}`);
  // A package's own NOTICE goes along, too.
  expect(shipped).toContain('Copyright (c) 2014-2017 David Fahlander\n\nLicensed under');
});

it('a package of another version asks for another look', () => {
  const installed = COMPILED_IN.map((each) => ({ name: each.package, version: each.version }));
  expect(compiledInProblems(installed)).toEqual([]);
  const renewed = installed.map((each) =>
    each.name === '@wllama/wllama' ? { ...each, version: '9.0.0' } : each,
  );
  expect(compiledInProblems(renewed).join()).toContain('llama.cpp and ggml was read in @wllama/wllama@3.8.1');
});
