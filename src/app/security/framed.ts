/**
 * Whoever shows the app inside another page can cover it, watch it being used, and lead a person's clicks: it does not run
 * there. Hosts that send the header of `security-headers.ts` forbid it before this; many static hosts can't.
 */
export function refuseFrame(root: HTMLElement): void {
  const heading = document.createElement('h1');
  heading.textContent = 'Meditron Web does not run inside another page';
  const reason = document.createElement('p');
  reason.textContent =
    'Whoever made the page around it could cover it or lead your clicks. Open it by itself: its address is then the one you see. ';
  const link = document.createElement('a');
  link.href = location.href.replace(/#.*$/, '');
  link.target = '_blank';
  link.rel = 'noopener';
  link.textContent = 'Open Meditron Web by itself';
  const main = document.createElement('main');
  main.className = 'mx-auto grid max-w-measure gap-3 px-5 py-10';
  heading.className = 'font-serif text-xl font-semibold';
  link.className = 'text-accent underline';
  main.append(heading, reason, link);
  root.replaceChildren(main);
}
