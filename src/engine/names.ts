/** What its authors call an engine; one that this version does not know, as in a transcript of a later one, by its id. */
export function engineName(engine: string): string {
  if (engine === 'mlc') return 'web-llm (MLC)';
  if (engine === 'remote') return 'Server';
  return engine === 'llamacpp' ? 'llama.cpp' : engine;
}

/** e.g. `llm.example.org`, or `Ward server (llm.example.org)` where it has a name of its own. */
export function serverTitle({ name, host }: { readonly name: string; readonly host: string }): string {
  return name === host ? host : `${name} (${host})`;
}
