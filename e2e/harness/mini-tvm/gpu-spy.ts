/**
 * The stand-in library computes on the CPU, but web-llm hands it token ids in GPU buffers, which only shaders could read.
 * This remembers what JavaScript writes into small buffers.
 */
const REMEMBERED_BYTES = 65_536;

const written = new WeakMap<GPUBuffer, Uint8Array<ArrayBuffer>>();
const created: { last: GPUBuffer | null } = { last: null };

export function lastCreatedBuffer(): GPUBuffer | null {
  return created.last;
}

export function writtenTo(buffer: GPUBuffer): Uint8Array<ArrayBuffer> | null {
  return written.get(buffer) ?? null;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

function wrap(
  target: object,
  name: string,
  around: (result: unknown, args: readonly unknown[]) => void,
): void {
  const original = Reflect.get(target, name) as Method;
  Reflect.set(target, name, function (this: unknown, ...args: unknown[]) {
    const result = original.apply(this, args);
    around(result, args);
    return result;
  });
}

export function spyOnGpu(): void {
  wrap(GPUDevice.prototype, 'createBuffer', (buffer) => {
    created.last = buffer as GPUBuffer;
  });
  wrap(GPUQueue.prototype, 'writeBuffer', (_, [buffer, offset, data]) => {
    if (offset !== 0 || !(data instanceof Uint8Array) || data.byteLength > REMEMBERED_BYTES) return;
    written.set(buffer as GPUBuffer, new Uint8Array(data));
  });
}
