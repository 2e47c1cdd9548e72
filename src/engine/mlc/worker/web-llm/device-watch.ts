/**
 * web-llm keeps the GPU device to itself and only logs what happens to it. This listens in: `GPUAdapter.requestDevice` is
 * wrapped (in our own worker, where nothing else asks for a device), so that a lost device and refused memory are noticed
 * at once and with their reason.
 */
import { AppError } from '../../../../errors/app-error.ts';

export interface DeviceEvents {
  /** The device is gone, also when it was destroyed on purpose. */
  lost(error: AppError): void;
  /** An allocation was refused: what was to be stored is not there, and whatever is computed from it is wrong. */
  refused(error: AppError): void;
}

/** What is used of a `GPUDevice`. */
interface WatchedDevice {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  addEventListener(
    type: 'uncapturederror',
    listener: (event: { readonly error: { message: string } }) => void,
  ): void;
  popErrorScope(): Promise<{ message: string } | null>;
}

interface AdapterPrototype<Device extends WatchedDevice> {
  requestDevice(this: unknown, descriptor?: unknown): Promise<Device>;
}

/** @param prototype `GPUAdapter.prototype`. */
export function watchDevices<Device extends WatchedDevice>(
  prototype: AdapterPrototype<Device>,
  events: DeviceEvents,
): void {
  const request = Reflect.get(prototype, 'requestDevice');
  prototype.requestDevice = async function requestDevice(descriptor) {
    const device = await request.call(this, descriptor);
    const refuse = (error: { message: string } | null): void => {
      const code = refusalCode(error);
      if (error && code) events.refused(new AppError(code, error.message, { source: 'WebGPU' }));
    };
    device.addEventListener('uncapturederror', ({ error }) => refuse(error));
    // web-llm allocates inside error scopes and destroys the device when one catches something; its own error, if any comes,
    // is about a mapping that failed later.
    const pop = device.popErrorScope.bind(device);
    device.popErrorScope = async () => {
      const error = await pop();
      refuse(error);
      return error;
    };
    void device.lost.then(({ reason, message }) =>
      events.lost(new AppError('engine/device-lost', message || 'The device was lost', { reason })),
    );
    return device;
  };
}

/** By class name, so that it can be tested where WebGPU's classes do not exist. */
function refusalCode(
  error: { message: string } | null,
): 'engine/out-of-memory' | 'engine/unsupported-adapter' | null {
  if (error?.constructor.name === 'GPUOutOfMemoryError') return 'engine/out-of-memory';
  if (error?.constructor.name !== 'GPUValidationError') return null;
  // A buffer larger than the device allows is cured by a smaller context, like memory; a shader it refuses is not.
  return /buffer size/i.test(error.message) ? 'engine/out-of-memory' : 'engine/unsupported-adapter';
}
