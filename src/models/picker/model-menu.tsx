import {
  Content,
  Item,
  Label,
  Portal,
  RadioGroup,
  RadioItem,
  Root,
  Separator,
  Trigger,
} from '@radix-ui/react-dropdown-menu';
import { Check, ChevronDown } from 'lucide-react';
import { useEffect, useState } from 'react';
import { probeDevice, type DeviceProbe } from '../../device/probe.ts';
import type { EngineState } from '../../engine/port.ts';
import { classNames } from '../../ui/class-names.ts';
import { useMenuHome } from '../../ui/menu/menu-home.ts';
import { startModels, useModels } from '../screen/models-store.ts';
import { useServers } from '../servers/servers-store.ts';
import { pickerChoices, type PickerChoice, type PickerGroup } from './choices.ts';

export interface ModelMenuProps {
  readonly name: string;
  readonly state: EngineState;
  readonly loadTimes: () => Promise<ReadonlyMap<string, number>>;
  readonly onLoad: (modelId: string) => void;
  /** Goes to where models are fetched and servers connected. */
  readonly onManage: () => void;
  readonly className: string;
}

const GROUPS: readonly (readonly [PickerGroup, string])[] = [
  ['here', 'On this machine'],
  ['server', 'On servers'],
  ['fetch', 'To be fetched'],
];
const ITEM =
  'grid min-h-11 w-full grid-cols-[1.25rem_1fr] items-center gap-x-2 rounded-sm px-2.5 py-1 outline-none data-disabled:opacity-50 data-highlighted:bg-accent-soft data-highlighted:text-accent-strong';

/** Mounted by the press that wants it, hence open at once. */
export default function ModelMenu({ name, state, loadTimes, onLoad, onManage, className }: ModelMenuProps) {
  const [open, setOpen] = useState(true);
  const [home, ref] = useMenuHome();
  const choices = useChoices(state, loadTimes, open);
  const current = choices?.find((choice) => choice.current)?.modelId ?? '';
  const writing = state.status === 'generating';
  const choose = (choice: PickerChoice): void => {
    if (choice.group === 'fetch') onManage();
    else if (!choice.current) onLoad(choice.modelId);
  };
  return (
    <Root open={open} onOpenChange={setOpen} modal={false}>
      <Trigger ref={ref} aria-label={`Model: ${name}`} className={className}>
        <span className="truncate">{name}</span>
        <ChevronDown aria-hidden className="size-3.5 shrink-0" strokeWidth={1.75} />
      </Trigger>
      {home && (
        <Portal container={home}>
          <Content
            align="end"
            sideOffset={4}
            collisionPadding={8}
            className="z-40 max-h-[min(32rem,var(--radix-dropdown-menu-content-available-height))] w-[min(23rem,calc(100vw-1rem))] overflow-y-auto rounded-md border border-line bg-surface p-1 text-sm text-ink shadow-float"
          >
            {choices === null && (
              <Label className="px-2.5 py-2 text-ink-muted">Looking at this device…</Label>
            )}
            {writing && (
              <Label className="px-2.5 py-2 text-ink-muted">
                A reply is being written: another model can be chosen when it has ended.
              </Label>
            )}
            <RadioGroup value={current}>
              {GROUPS.map(([group, title]) => {
                const members = choices?.filter((choice) => choice.group === group) ?? [];
                if (members.length === 0) return null;
                return (
                  <div key={group} role="group" aria-label={title}>
                    <Label className="side-head px-2.5 pt-2 pb-1">{title}</Label>
                    {members.map((choice) => (
                      <RadioItem
                        key={choice.modelId}
                        value={choice.modelId}
                        className={ITEM}
                        disabled={writing && choice.group !== 'fetch' && !choice.current}
                        onSelect={() => {
                          choose(choice);
                        }}
                      >
                        {choice.current ? <Check aria-hidden className="size-4" strokeWidth={2} /> : <span />}
                        <span className="min-w-0">
                          <span
                            className={classNames('block wrap-anywhere', choice.current && 'font-medium')}
                          >
                            {choice.name}
                          </span>
                          <span className="block text-xs text-ink-muted">{choice.note}</span>
                        </span>
                      </RadioItem>
                    ))}
                  </div>
                );
              })}
            </RadioGroup>
            <Separator className="my-1 border-t border-line" />
            <Item className={ITEM} onSelect={onManage}>
              <span />
              All models, files and servers…
            </Item>
          </Content>
        </Portal>
      )}
    </Root>
  );
}

/** @returns null until the device and what is stored are known. Looked at anew whenever the menu opens. */
function useChoices(
  state: EngineState,
  loadTimes: ModelMenuProps['loadTimes'],
  open: boolean,
): readonly PickerChoice[] | null {
  const { catalogue, installs, preferredForms } = useModels();
  const connected = useServers((servers) => servers.connected);
  const [found, setFound] = useState<{ device: DeviceProbe; times: ReadonlyMap<string, number> } | null>(
    null,
  );
  useEffect(() => {
    if (!open) return;
    let gone = false;
    void startModels();
    const device = probeDevice({ navigator, isSecureContext, crossOriginIsolated });
    // Without times the menu says that none was measured.
    const times = loadTimes().catch((): ReadonlyMap<string, number> => new Map());
    void Promise.all([device, times]).then(([probe, measured]) => {
      if (!gone) setFound({ device: probe, times: measured });
    });
    return () => {
      gone = true;
    };
  }, [open, loadTimes]);
  if (!catalogue || !found) return null;
  const ready = state.status === 'ready' || state.status === 'generating';
  return pickerChoices({
    catalogue,
    models: { installs, preferredForms },
    connected,
    device: found.device,
    pageUrl: document.baseURI,
    inUse: ready
      ? { modelId: state.loaded.modelId, ready }
      : state.status === 'loading'
        ? { modelId: state.model.modelId, ready }
        : null,
    loadTimes: found.times,
  });
}
