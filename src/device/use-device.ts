import { useQuery } from '@tanstack/react-query';
import type { Bandwidth } from './bandwidth.ts';
import { probeDevice, type DeviceEnvironment, type DeviceProbe } from './probe.ts';

/** Storage fills while models arrive; the rest does not change while the page lives. */
const PROBE_STALE_MS = 30_000;

/** `data` is undefined while probing, which takes no longer than opening a graphics adapter. */
export function useDeviceProbe() {
  return useQuery({
    queryKey: ['device', 'probe'],
    queryFn: () => probeDevice(browserEnvironment()),
    staleTime: PROBE_STALE_MS,
    retry: false,
    // Everything here is on this machine.
    networkMode: 'always',
  });
}

/**
 * Bandwidth of the GPU's memory, measured once per page, at the first use of this hook: so only where it is looked at.
 * @param wanted false: not now (no probe yet, or a model has the GPU). Software adapters are not measured: their decoding
 * is bound by computing.
 */
export function useGpuBandwidth(probe: DeviceProbe | undefined, wanted: boolean) {
  const measurable = probe?.gpu.status === 'available' && !probe.gpu.software;
  return useQuery<Bandwidth | null>({
    queryKey: ['device', 'bandwidth', measurable ? probe.gpu : null],
    queryFn: async ({ signal }) => {
      const { measureBandwidth } = await import('./bandwidth.ts');
      return measureBandwidth(navigator.gpu, signal);
    },
    enabled: measurable && wanted,
    staleTime: Infinity,
    gcTime: Infinity,
    retry: false,
    networkMode: 'always',
  });
}

function browserEnvironment(): DeviceEnvironment {
  return {
    navigator,
    isSecureContext,
    crossOriginIsolated,
  };
}
