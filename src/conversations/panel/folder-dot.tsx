import { classNames } from '../../ui/class-names.ts';

/** Tailwind must see whole class names. Stored colours are text: an unknown one is grey. */
const DOTS: Readonly<Record<string, string>> = {
  grey: 'bg-folder-grey',
  red: 'bg-folder-red',
  orange: 'bg-folder-orange',
  green: 'bg-folder-green',
  blue: 'bg-folder-blue',
  violet: 'bg-folder-violet',
};

export function FolderDot({ colour }: { readonly colour: string }) {
  return (
    <span aria-hidden className={classNames('size-2.5 shrink-0 rounded-full', DOTS[colour] ?? DOTS.grey)} />
  );
}
