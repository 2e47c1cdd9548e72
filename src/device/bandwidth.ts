/**
 * Measures how fast this GPU reads its own memory, which bounds how fast it can decode. Takes a few hundred milliseconds
 * and up to 512 MB of graphics memory for that time, so it runs only when somebody looks at what the device can do.
 */
import { AppError } from '../errors/app-error.ts';

export interface Bandwidth {
  readonly bytesPerSecond: number;
  /** Size of the buffer read, for the record: caches of up to a fraction of it do not flatter the result. */
  readonly bufferBytes: number;
}

const MIB = 2 ** 20;
/** Large against the caches in use (up to 128 MB on today's cards), small against the memory a 7B model needs. */
const LARGE_BYTES = 512 * MIB;
/** Tells a slow adapter from a fast one without making the slow one read the large buffer. WebGPU's default binding limit is 128 MiB. */
const SMALL_BYTES = 64 * MIB;
/** One pass over the large buffer may take this long; an adapter slower than that keeps the small one. */
const MAX_PASS_MS = 100;
/** Long enough against clock steps of 0.1 ms and scheduling, short enough not to be felt. */
const ROUND_MS = 60;
const ROUNDS = 3;
/** No round begins after this: a slow adapter's figure may be rougher, its owner does not wait. */
const BUDGET_MS = 400;
const MAX_PASSES = 64;

const WORKGROUP = 256;
/** Enough invocations to keep a large GPU's memory pipes full; each strides over the buffer. */
const WORKGROUPS = 4096;

/** Every invocation sums its share, neighbours reading neighbouring 16 bytes; the result is stored so that nothing is optimised away. */
const READ_ALL = /* wgsl */ `
  @group(0) @binding(0) var<storage, read> data: array<vec4<u32>>;
  @group(0) @binding(1) var<storage, read_write> sums: array<u32>;

  @compute @workgroup_size(${String(WORKGROUP)})
  fn read_all(@builtin(global_invocation_id) id: vec3<u32>) {
    var sum = vec4<u32>(0u);
    let stride = ${String(WORKGROUP * WORKGROUPS)}u;
    for (var i = id.x; i < arrayLength(&data); i += stride) {
      sum ^= data[i];
    }
    sums[id.x] = sum.x ^ sum.y ^ sum.z ^ sum.w;
  }
`;

/**
 * @returns null when the browser has no adapter.
 * @throws AppError `engine/device-lost` when the device is lost or refuses; `aborted`.
 */
export async function measureBandwidth(
  gpu: Pick<GPU, 'requestAdapter'>,
  signal?: AbortSignal,
): Promise<Bandwidth | null> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return null;
  const most = Math.min(
    LARGE_BYTES,
    adapter.limits.maxBufferSize,
    adapter.limits.maxStorageBufferBindingSize,
  );
  let device: GPUDevice | null = null;
  try {
    device = await adapter.requestDevice({
      requiredLimits: { maxBufferSize: most, maxStorageBufferBindingSize: most },
    });
    return await measure(device, most, signal);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new AppError('engine/device-lost', `bandwidth test: ${message}`, {}, { cause: error });
  } finally {
    device?.destroy();
  }
}

async function measure(device: GPUDevice, most: number, signal?: AbortSignal): Promise<Bandwidth> {
  const module = device.createShaderModule({ code: READ_ALL });
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: 'read_all' },
  });
  const small = await reader(device, pipeline, Math.min(SMALL_BYTES, most), signal);
  const firstPassMs = await small.passes(1);
  const largePassMs = (firstPassMs * most) / small.bytes;
  if (most <= small.bytes || largePassMs > MAX_PASS_MS) return best(small, firstPassMs);
  const large = await reader(device, pipeline, most, signal);
  return best(large, await large.passes(1));
}

interface Reader {
  readonly bytes: number;
  /** Reads the whole buffer `count` times. @returns milliseconds. */
  readonly passes: (count: number) => Promise<number>;
}

async function reader(
  device: GPUDevice,
  pipeline: GPUComputePipeline,
  bytes: number,
  signal?: AbortSignal,
): Promise<Reader> {
  device.pushErrorScope('out-of-memory');
  const data = device.createBuffer({ size: bytes, usage: GPUBufferUsage.STORAGE });
  const sums = device.createBuffer({
    size: 4 * WORKGROUP * WORKGROUPS,
    usage: GPUBufferUsage.STORAGE,
  });
  const full = await device.popErrorScope();
  if (full) throw new AppError('engine/out-of-memory', full.message);
  device.pushErrorScope('validation');
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [data, sums].map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const passes = async (count: number): Promise<number> => {
    if (signal?.aborted) throw new AppError('aborted', 'bandwidth test stopped');
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < count; i += 1) {
      // A pass each: the next one starts when this one is done, as a model's layers do.
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(WORKGROUPS);
      pass.end();
    }
    const commands = encoder.finish();
    const start = performance.now();
    device.queue.submit([commands]);
    await Promise.race([device.queue.onSubmittedWorkDone(), lost(device)]);
    return performance.now() - start;
  };
  // The first use clears the buffer and warms the clocks up: not counted.
  await passes(1);
  const invalid = await device.popErrorScope();
  // Commands that were refused take no time at all: never let that pass for speed.
  if (invalid) throw new AppError('engine/unsupported-adapter', invalid.message);
  return { bytes, passes };
}

async function lost(device: GPUDevice): Promise<never> {
  const { reason, message } = await device.lost;
  throw new AppError('engine/device-lost', message, { reason });
}

/**
 * The fastest of a few rounds: anything else the machine does only slows it. Two rounds of different length cancel the
 * fixed time of a submission, which is not reading.
 */
async function best({ bytes, passes }: Reader, passMs: number): Promise<Bandwidth> {
  const count = Math.min(MAX_PASSES, Math.max(1, Math.round(ROUND_MS / Math.max(passMs, 0.1))));
  const begun = performance.now();
  let fastest = passMs;
  for (let round = 0; round < ROUNDS && performance.now() - begun + passMs < BUDGET_MS; round += 1) {
    const short = await passes(count);
    const long = await passes(2 * count);
    const plain = long / (2 * count);
    const withoutSubmission = (long - short) / count;
    // A difference far below the plain figure is noise, not speed.
    const perPass = withoutSubmission > 0.7 * plain ? Math.min(plain, withoutSubmission) : plain;
    fastest = Math.min(fastest, perPass);
  }
  return { bytesPerSecond: (bytes * 1000) / fastest, bufferBytes: bytes };
}
