/** Puts theme and text size on `<html>`, where the tokens of `ui/theme.css` follow them. */
import { usePreferences, type Preferences } from '../preferences/preferences.ts';

/** Called before the first paint; follows every later change. @returns a function that ends it. */
export function followThemePreferences(root: HTMLElement = document.documentElement): () => void {
  const apply = ({ theme, textSize }: Preferences): void => {
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    if (textSize === 'normal') delete root.dataset.textSize;
    else root.dataset.textSize = textSize;
    colourBrowserBars(theme);
  };
  apply(usePreferences.getState());
  return usePreferences.subscribe(apply);
}

/** index.html names one colour per scheme; a pinned theme puts its own in both. */
function colourBrowserBars(theme: Preferences['theme']): void {
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const ofSystem = (meta.dataset.ofSystem ??= meta.content);
    meta.content = theme === 'system' ? ofSystem : theme === 'dark' ? '#14181a' : '#fbfbf9';
  }
}
