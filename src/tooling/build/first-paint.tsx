import { renderToStaticMarkup } from 'react-dom/server';
import { NoticeDialog } from '../../notice/notice-dialog.tsx';

/** The very dialog of the app, open without being modal: it is no other when a script makes it so, and nothing moves. */
export function firstPaint(): string {
  const dialog = renderToStaticMarkup(
    <NoticeDialog because="new-session" server={null} onUnderstood={() => undefined} />,
  );
  return dialog.replace(/^<dialog /, '<dialog open ');
}
