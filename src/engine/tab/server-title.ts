/** e.g. `llm.example.org`, or `Ward server (llm.example.org)` where it has a name of its own. */
export function serverTitle({ name, host }: { readonly name: string; readonly host: string }): string {
  return name === host ? host : `${name} (${host})`;
}
