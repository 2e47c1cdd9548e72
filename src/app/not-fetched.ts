/** React itself has not come: plain elements say so. Parts that are missing later are told by the boundary of their screen. */
import { APP_TEXTS } from '../errors/texts/app.ts';

/** @param root of the page; its content is replaced. */
export function sayNotFetched(root: HTMLElement): void {
  const { title, cause, action } = APP_TEXTS['app/part-missing'];
  const main = document.createElement('main');
  main.className = 'mx-auto grid max-w-measure justify-items-start gap-3 px-5 py-10';
  main.setAttribute('role', 'alert');
  const heading = document.createElement('h1');
  heading.className = 'font-serif text-xl font-semibold';
  heading.textContent = title;
  const reason = document.createElement('p');
  reason.textContent = `${cause} ${action}`;
  const again = document.createElement('button');
  again.type = 'button';
  again.className =
    'min-h-10 rounded-md border border-accent bg-accent px-4 text-sm font-medium text-on-accent';
  again.textContent = 'Reload the page';
  again.addEventListener('click', () => {
    location.reload();
  });
  main.append(heading, reason, again);
  root.replaceChildren(main);
}
