import { probeDevice } from '../device/probe.ts';
import type { DeviceAbilities } from '../models/model-to-load.ts';

/** What of this machine decides which forms of a model it can run. Never rejects. */
export async function probeAbilities(): Promise<DeviceAbilities> {
  return probeDevice({
    // The types promise members that browsers lack on insecure origins.
    navigator: navigator as Parameters<typeof probeDevice>[0]['navigator'],
    isSecureContext,
    crossOriginIsolated,
    webAssembly: typeof WebAssembly === 'object' ? WebAssembly : undefined,
  });
}
