import { MLC_QUANTIZATIONS } from '../../formats/mlc-package/quantization.ts';
import type { EngineEntry } from '../engine-entry.ts';
import { MLC_ABILITIES } from './abilities.ts';
import { isMlcModel } from './model.ts';
import { describeRequirement, mlcRequirements } from './requirements.ts';

export const mlc: EngineEntry = {
  kind: 'mlc',
  name: 'web-llm (MLC)',
  abilities: MLC_ABILITIES,
  load: async () => {
    const { MlcEngine } = await import('./mlc-engine.ts');
    return new MlcEngine();
  },
  fits: ({ gpu }) =>
    MLC_QUANTIZATIONS.map((form) => {
      if (gpu.status !== 'available') return { on: 'gpu', form, lack: { of: 'gpu' } };
      const verdict = mlcRequirements(gpu, form);
      const lack = verdict.ok
        ? null
        : { of: 'adapter' as const, unmet: verdict.reasons.map(describeRequirement) };
      return { on: 'gpu', form, lack };
    }),
  weightBytes: async (model) => {
    if (!isMlcModel(model)) return 0;
    // It parses the package's index, which the first load must not wait for.
    const { packageWeightBytes } = await import('./package-check.ts');
    return packageWeightBytes(model.baseUrl, caches);
  },
};
