import { useRef } from 'react';
import { TextField, type TextFieldProps } from '../ui/field.tsx';

/** A passphrase meets an attacker with a copy of the files, who tries offline as many as a machine can. */
export const LEAST_CHARACTERS = 12;

/** Kept by no browser on purpose: on a shared machine a password manager would open the lock for anyone. */
export function PassphraseField(props: TextFieldProps) {
  return (
    <TextField type="password" required spellCheck={false} autoCapitalize="off" maxLength={1000} {...props} />
  );
}

/** A new one, twice; `passphrase` of the form. */
export function NewPassphrase() {
  const first = useRef<HTMLInputElement>(null);
  const again = useRef<HTMLInputElement>(null);
  // Whichever of the two changed last.
  const compare = (): void => {
    const same = again.current?.value === first.current?.value;
    again.current?.setCustomValidity(same ? '' : 'The two are not the same');
  };
  return (
    <>
      <PassphraseField
        ref={first}
        label="New passphrase"
        name="passphrase"
        minLength={LEAST_CHARACTERS}
        hint="At least twelve characters. Four or more words that don’t belong together are good."
        onChange={compare}
      />
      <PassphraseField ref={again} label="The same again" onChange={compare} />
    </>
  );
}
