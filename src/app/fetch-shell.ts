async function loadShell() {
  const [{ underPolicy }, app] = await Promise.all([
    import('./policy/start-policy.tsx'),
    import('./shell/shell.tsx'),
  ]);
  return underPolicy(app);
}

let shell: ReturnType<typeof loadShell> | null = null;

/**
 * Fetched while the notice is read, with the site's rules: the notice shares its line with nothing. Not before it is asked for:
 * where everything is erased, nothing of the app may run or write.
 */
export function fetchShell(): ReturnType<typeof loadShell> {
  if (shell === null) {
    shell = loadShell();
    // Shown by the boundary when it is needed, not before.
    shell.catch(() => undefined);
  }
  return shell;
}
