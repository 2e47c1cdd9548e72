import { describe, expect, it } from 'vitest';
import type { AppError } from '../../../../errors/app-error.ts';
import { watchDevices } from './device-watch.ts';

class GPUOutOfMemoryError {
  readonly message = 'Allocation failed';
}
class GPUValidationError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}
class GPUInternalError {
  readonly message = 'Odd';
}

class FakeDevice {
  readonly lost: Promise<{ reason: string; message: string }>;
  lose: (info: { reason: string; message: string }) => void = () => undefined;
  scoped: { message: string } | null = null;
  #listener: ((event: { error: { message: string } }) => void) | null = null;

  constructor() {
    this.lost = new Promise((resolve) => {
      this.lose = resolve;
    });
  }

  addEventListener(_: 'uncapturederror', listener: (event: { error: { message: string } }) => void): void {
    this.#listener = listener;
  }

  uncaptured(error: { message: string }): void {
    this.#listener?.({ error });
  }

  popErrorScope(): Promise<{ message: string } | null> {
    return Promise.resolve(this.scoped);
  }
}

async function watched() {
  const device = new FakeDevice();
  const prototype = {
    requestDevice: (descriptor?: unknown) => {
      expect(descriptor).toEqual({ label: 'x' });
      return Promise.resolve(device);
    },
  };
  const lost: AppError[] = [];
  const refused: AppError[] = [];
  watchDevices(prototype, { lost: (error) => lost.push(error), refused: (error) => refused.push(error) });
  await prototype.requestDevice({ label: 'x' });
  return { device, lost, refused };
}

describe('watchDevices', () => {
  it('hears of a lost device', async () => {
    const { device, lost } = await watched();
    device.lose({ reason: 'unknown', message: 'GPU process died' });
    await device.lost;
    expect(lost).toMatchObject([
      { code: 'engine/device-lost', message: 'GPU process died', details: { reason: 'unknown' } },
    ]);
  });

  it('hears of refused memory inside web-llm’s error scopes, and hands the error on', async () => {
    const { device, refused } = await watched();
    device.scoped = new GPUOutOfMemoryError();
    expect(await device.popErrorScope()).toBe(device.scoped);
    expect(refused).toMatchObject([{ code: 'engine/out-of-memory' }]);
    device.scoped = null;
    expect(await device.popErrorScope()).toBeNull();
    expect(refused).toHaveLength(1);
  });

  it('tells what was refused for lack of memory from what the adapter cannot do', async () => {
    const { device, refused } = await watched();
    device.uncaptured(new GPUOutOfMemoryError());
    device.uncaptured(new GPUValidationError('Invalid ShaderModule'));
    device.uncaptured(
      new GPUValidationError('Buffer size (4294967296) exceeds the max buffer size limit (1073741824).'),
    );
    device.uncaptured(new GPUInternalError());
    expect(refused.map(({ code }) => code)).toEqual([
      'engine/out-of-memory',
      'engine/unsupported-adapter',
      'engine/out-of-memory',
    ]);
  });
});
