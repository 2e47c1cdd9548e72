/** What its authors call an engine; one that this version does not know, as in a transcript of a later one, by its id. */
export function engineName(engine: string): string {
  if (engine === 'mlc') return 'web-llm (MLC)';
  if (engine === 'remote') return 'Server';
  return engine === 'llamacpp' ? 'llama.cpp' : engine;
}
