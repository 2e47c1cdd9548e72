import { Checkbox, Select, TextField } from '../../../ui/field.tsx';
import { EXTRACTION_NAMES } from '../../runs/extract.ts';
import { WRITTEN } from '../../runs/draft.ts';
import { EXTRACTION_IDS, MAX_BRANCHES, type Method } from '../../runs/run-plan.ts';

/** How an answer is had from the model. */
export function MethodFields({
  method,
  noScores,
  onChange,
}: {
  readonly method: Method;
  /** Why only a written answer is to be had; null: probabilities, too. */
  readonly noScores: string | null;
  readonly onChange: (method: Method) => void;
}) {
  return (
    <>
      <Select
        label="Method"
        value={method.kind === 'written' ? 'written' : 'probabilities'}
        choices={[
          ...(noScores === null ? [{ value: 'probabilities', label: 'Option probabilities' }] : []),
          { value: 'written', label: 'Written answer' },
        ]}
        {...(noScores !== null && { hint: `${noScores} It can write its answers.` })}
        onChange={(value) => {
          onChange(value === 'written' ? WRITTEN : { kind: 'option-letters' });
        }}
      />
      {method.kind === 'written' ? (
        <WrittenFields method={method} onChange={onChange} />
      ) : (
        <Select
          label="Probability of"
          value={method.kind === 'option-letters' ? 'letters' : method.normalise}
          choices={[
            { value: 'letters', label: 'the options’ letters' },
            { value: 'characters', label: 'whole option texts, by characters' },
            { value: 'tokens', label: 'whole option texts, by tokens' },
            { value: 'none', label: 'whole option texts, as they are' },
          ]}
          onChange={(value) => {
            if (value === 'letters') onChange({ kind: 'option-letters' });
            else if (value === 'characters' || value === 'tokens' || value === 'none') {
              onChange({ kind: 'option-texts', normalise: value });
            }
          }}
        />
      )}
    </>
  );
}

function WrittenFields({
  method,
  onChange,
}: {
  readonly method: Extract<Method, { kind: 'written' }>;
  readonly onChange: (method: Method) => void;
}) {
  const number = (text: string, least: number, most: number): number => {
    const value = Number(text);
    return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : least;
  };
  return (
    <>
      <Select
        label="Read the answer by"
        value={method.extraction}
        choices={EXTRACTION_IDS.map((id) => ({ value: id, label: EXTRACTION_NAMES[id] }))}
        onChange={(value) => {
          const extraction = EXTRACTION_IDS.find((id) => id === value);
          if (extraction) onChange({ ...method, extraction });
        }}
      />
      <TextField
        label="Temperature"
        type="number"
        min={0}
        max={5}
        step={0.1}
        value={method.temperature}
        hint="0 takes the likeliest token each time"
        onChange={(event) => {
          onChange({ ...method, temperature: number(event.currentTarget.value, 0, 5) });
        }}
      />
      <TextField
        label="Branches"
        type="number"
        min={1}
        max={MAX_BRANCHES}
        value={method.branches}
        hint="More than one: the answer most of them give. Needs a temperature above 0."
        onChange={(event) => {
          onChange({ ...method, branches: Math.round(number(event.currentTarget.value, 1, MAX_BRANCHES)) });
        }}
      />
      <TextField
        label="Longest answer in tokens"
        type="number"
        min={1}
        max={8192}
        value={method.maxTokens}
        onChange={(event) => {
          onChange({ ...method, maxTokens: Math.round(number(event.currentTarget.value, 1, 8192)) });
        }}
      />
      <Checkbox
        label="Think step by step"
        checked={method.chainOfThought}
        hint="Asks for reasoning first (the chat’s form), and leaves room for it."
        onChange={(chainOfThought) => {
          onChange({
            ...method,
            chainOfThought,
            maxTokens: chainOfThought ? Math.max(512, method.maxTokens) : method.maxTokens,
          });
        }}
      />
    </>
  );
}
