import { useEffect, useState } from 'react';
import { useLive } from '../../../conversations/panel/hooks.ts';
import { conversationStore } from '../../../conversations/data/store.ts';
import type { LoadedModel } from '../../../engine/port.ts';
import { serverTitle } from '../../../engine/tab/server-title.ts';
import { AppError, toAppError } from '../../../errors/app-error.ts';
import { formatCount } from '../../../lib/format.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { Select, TextField } from '../../../ui/field.tsx';
import { createRun } from '../../data/run-repository.ts';
import { readItems } from '../../data/sets.ts';
import type { SetRecord } from '../../data/set-record.ts';
import type { Item } from '../../items/item.ts';
import { asWritten, firstDraft, prepareRun, withPreset, type RunDraft } from '../../runs/draft.ts';
import { FORM_NAMES } from '../../runs/forms.ts';
import { FORM_IDS, MAX_EXAMPLES, type FormId, type RunPlan } from '../../runs/run-plan.ts';
import { PRESETS } from '../../runs/presets.ts';
import { startRun } from '../../runs/run-service.ts';
import { runEngine, scoringLack, useExams, useLoadedModel } from '../environment.ts';
import { MethodFields } from './method-fields.tsx';
import { RunPreview } from './run-preview.tsx';
import { useAct } from '../use-act.ts';

const OWN = { value: '', label: 'My own settings' };

/** What is asked of the model, how, and in what order; with the exact prompt and an estimate before it starts. */
export function NewRunDialog({ set, onClose }: { readonly set: SetRecord; readonly onClose: () => void }) {
  const items = useLive(`exam-items/${set.id}`, (store) => readItems(store, set.id));
  return (
    <Dialog open title="New run" onClose={onClose} className="w-[min(48rem,calc(100vw-2rem))]">
      {items ? (
        <Form set={set} items={items} onClose={onClose} />
      ) : (
        <p className="text-sm">Reading the questions…</p>
      )}
    </Dialog>
  );
}

function Form({
  set,
  items,
  onClose,
}: {
  readonly set: SetRecord;
  readonly items: readonly Item[];
  readonly onClose: () => void;
}) {
  const environment = useExams();
  const loaded = useLoadedModel();
  const modelId = loaded?.modelId ?? 'demo';
  const [wanted, setDraft] = useState<RunDraft>(() => firstDraft(set, modelId));
  const noScores = scoringLack(loaded);
  // The wish is kept: with another model it holds again.
  const draft = noScores === null ? wanted : asWritten(wanted);
  const { act, error, busy } = useAct();
  const prepareModel = environment.prepareModel;
  useEffect(() => {
    prepareModel();
  }, [prepareModel]);

  const change = (part: Partial<RunDraft>): void => {
    setDraft({ ...draft, preset: '', ...part });
  };
  const prepared = prepare(set, items, draft);
  const subjects = set.subjects.filter(({ name }) => name !== '');
  const splits = set.splits.filter(({ name }) => name !== '');
  const askable = items.filter((item) => item.answer.length > 0).length;

  return (
    <form
      className="grid gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (prepared instanceof AppError) return;
        act(async () => {
          await environment.permit(new AbortController().signal);
          const store = await conversationStore();
          const { version, acknowledgedAt } = environment.notice();
          const run = await createRun(store, prepared.plan, prepared.total, {
            appVersion: environment.appVersion,
            noticeVersion: version ?? '',
            noticeAcknowledgedAt: acknowledgedAt ?? 0,
          });
          startRun(store, runEngine(), run);
          onClose();
          environment.navigate(`/runs/${run.id}`);
        });
      }}
    >
      <p className="text-sm">
        {set.title} ·{' '}
        {loaded
          ? `${loaded.displayName} (${loaded.quantization}, ${placeOf(loaded)})`
          : 'no model is loaded yet'}
      </p>
      <div className="grid gap-4 sm:grid-cols-2">
        <Select
          label="Preset"
          value={draft.preset}
          choices={[OWN, ...PRESETS.map(({ id, name }) => ({ value: id, label: name }))]}
          hint={PRESETS.find(({ id }) => id === draft.preset)?.remark ?? ''}
          onChange={(id) => {
            const preset = PRESETS.find((each) => each.id === id);
            setDraft(preset ? withPreset(draft, preset, set, modelId) : { ...draft, preset: '' });
          }}
        />
        <Select
          label="Prompt form"
          value={draft.form}
          choices={FORM_IDS.map((id) => ({ value: id, label: FORM_NAMES[id] }))}
          onChange={(value) => {
            const form = FORM_IDS.find((id): id is FormId => id === value);
            if (form) change({ form });
          }}
        />
        <MethodFields method={draft.method} noScores={noScores} onChange={(method) => change({ method })} />
        <TextField
          label="Examples (shots)"
          type="number"
          min={0}
          max={MAX_EXAMPLES}
          value={draft.examples.k}
          onChange={(event) => {
            const k = whole(event.currentTarget.value, 0, MAX_EXAMPLES);
            change({ examples: { ...draft.examples, k, ids: [] } });
          }}
        />
        {splits.length > 0 && (
          <Select
            label="Examples from"
            value={draft.examples.split}
            choices={[
              { value: '', label: 'all questions' },
              ...splits.map(({ name }) => ({ value: name, label: name })),
            ]}
            onChange={(split) => {
              change({ examples: { ...draft.examples, split, ids: [] } });
            }}
          />
        )}
        <TextField
          label="Items"
          type="number"
          min={1}
          max={askable}
          value={draft.limit === 0 ? askable : draft.limit}
          onChange={(event) => {
            const limit = whole(event.currentTarget.value, 1, askable);
            // How many are asked is no part of a preset.
            setDraft({ ...draft, limit: limit === askable ? 0 : limit });
          }}
        />
        <TextField
          label="Seed"
          type="number"
          value={draft.seed}
          onChange={(event) => {
            const seed = whole(event.currentTarget.value, 0, 2 ** 31 - 1);
            setDraft({ ...draft, seed, examples: { ...draft.examples, seed, ids: [] } });
          }}
        />
        <Select
          label="Option order"
          value={draft.order}
          choices={[
            { value: 'as-given', label: 'As given' },
            { value: 'shuffled', label: 'Shuffled by seed' },
            { value: 'rotations', label: 'Every rotation' },
          ]}
          onChange={(value) => {
            const orders: readonly RunPlan['order'][] = ['as-given', 'shuffled', 'rotations'];
            const order = orders.find((each) => each === value);
            if (order) setDraft({ ...draft, order });
          }}
        />
        {subjects.length > 1 && (
          <Select
            label="Subject"
            value={draft.subjects[0] ?? ''}
            choices={[
              { value: '', label: 'all' },
              ...subjects.map(({ name, items: n }) => ({ value: name, label: `${name} (${n})` })),
            ]}
            onChange={(name) => {
              setDraft({ ...draft, subjects: name === '' ? [] : [name] });
            }}
          />
        )}
        {splits.length > 1 && (
          <Select
            label="Questions from"
            value={draft.splits[0] ?? ''}
            choices={[
              { value: '', label: 'all splits' },
              ...splits.map(({ name, items: n }) => ({ value: name, label: `${name} (${n})` })),
            ]}
            onChange={(name) => {
              setDraft({ ...draft, splits: name === '' ? [] : [name] });
            }}
          />
        )}
      </div>
      {(draft.form === 'authors' || draft.form === 'chat') && (
        <label className="grid gap-1 text-sm font-medium">
          Instruction
          <textarea
            rows={2}
            value={draft.system}
            onChange={(event) => {
              change({ system: event.currentTarget.value });
            }}
            className="w-full rounded-md border border-line-strong bg-surface p-2 text-sm font-normal"
          />
        </label>
      )}
      {prepared instanceof AppError ? (
        <ErrorAlert error={prepared} />
      ) : (
        <RunPreview
          plan={prepared.plan}
          total={prepared.total}
          items={items}
          onExamples={(ids) => {
            change({ examples: { ...draft.examples, ids } });
          }}
        />
      )}
      {error && <ErrorAlert error={error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button look="primary" type="submit" disabled={busy || prepared instanceof AppError}>
          Start run
        </Button>
        {!(prepared instanceof AppError) && (
          <span className="tabular text-sm text-ink-muted">
            {formatCount(prepared.total)} questions in all
          </span>
        )}
      </div>
    </form>
  );
}

function placeOf({ backend, server }: LoadedModel): string {
  return server ? `on ${serverTitle(server)}` : backend === 'cpu' ? 'CPU' : 'GPU';
}

function prepare(
  set: SetRecord,
  items: readonly Item[],
  draft: RunDraft,
): ReturnType<typeof prepareRun> | AppError {
  try {
    return prepareRun(set, items, draft);
  } catch (thrown) {
    return toAppError(thrown);
  }
}

function whole(text: string, least: number, most: number): number {
  const value = Math.round(Number(text));
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : least;
}
