/** The last part of a path or URL, without a query. */
export function baseName(name: string): string {
  return name.replace(/[?#].*$/, '').replace(/^.*[/\\]/, '');
}
