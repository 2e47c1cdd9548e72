/** What a person can change so that more models run here, best first. Pure. */
import { ENGINES } from '../engine/registry.ts';
import type { DeviceProbe } from './probe.ts';

export interface Advice {
  readonly text: string;
  /** An address to type: pages may not link to a browser's own settings. */
  readonly address: string | null;
}

export function advise(probe: DeviceProbe): readonly Advice[] {
  return [...gpuAdvice(probe), ...cpuAdvice(probe)];
}

function gpuAdvice(probe: DeviceProbe): readonly Advice[] {
  const { gpu, browser, os } = probe;
  if (gpu.status === 'available') {
    if (gpu.software) return [realAdapter(browser), ...(browser === 'chromium' ? [GPU_PAGE] : [])];
    if (!gpu.features.includes('shader-f16')) {
      return [say('Update the graphics driver and the browser: newer ones often add shader-f16.')];
    }
    return ENGINES.mlc.fits(probe).every(({ lack }) => lack === null)
      ? []
      : [say('Update the graphics driver and the browser: newer ones often raise the adapter’s limits.')];
  }
  if (gpu.status === 'missing' && gpu.because === 'insecure') {
    return [say('Open the app over https, or as http://localhost on this machine.')];
  }
  if (os === 'ios')
    return [say('Update to iOS 26 or later, or use a computer: Meditron-7B needs its memory.')];
  switch (browser) {
    case 'firefox':
      return [say('Use a current Chrome or Edge: Firefox does not offer WebGPU on every system yet.')];
    case 'safari':
      return [say('Use Safari 26 or later, or a current Chrome or Edge.')];
    case 'other':
      return [say('Use a current Chrome or Edge.')];
    case 'chromium':
      return [
        ...(gpu.status === 'missing' && gpu.because === 'no-api'
          ? [say('Update the browser: WebGPU came with version 113, on Linux later.')]
          : [realAdapter(browser)]),
        GPU_PAGE,
        ...(os === 'linux' || os === 'android' ? [UNSAFE_FLAG] : []),
        say('Update the graphics driver, then start the browser again.'),
      ];
  }
}

function cpuAdvice({ wasm, crossOriginIsolated, logicalCores }: DeviceProbe): readonly Advice[] {
  if (!wasm.simd || !wasm.exceptions || !wasm.memory64) {
    return [say('Update the browser: the CPU engine is built on newer parts of WebAssembly.')];
  }
  if (!crossOriginIsolated && logicalCores > 1) {
    return [
      say(
        'The CPU engine is limited to one thread, because the server does not isolate the page (headers Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy).',
      ),
    ];
  }
  return [];
}

const GPU_PAGE: Advice = {
  text: 'See under “Graphics Feature Status” whether WebGPU is on, and under “Problems Detected” why not:',
  address: 'chrome://gpu',
};

const UNSAFE_FLAG: Advice = {
  text: 'Turn on “Unsafe WebGPU Support”, which this system may need, and restart the browser:',
  address: 'chrome://flags/#enable-unsafe-webgpu',
};

function realAdapter(browser: DeviceProbe['browser']): Advice {
  return browser === 'chromium'
    ? {
        text: 'Let the browser use the graphics processor (“Use graphics acceleration when available”):',
        address: 'chrome://settings/system',
      }
    : say('Let the browser use the graphics processor: turn on hardware acceleration in its settings.');
}

function say(text: string): Advice {
  return { text, address: null };
}
