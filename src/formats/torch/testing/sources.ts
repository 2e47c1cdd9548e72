import { AppError } from '../../../errors/app-error.ts';
import type { ByteSource } from '../../../lib/byte-source.ts';
import { readTorchCheckpoint, type TorchTensor } from '../checkpoint.ts';
import { TensorPlaces } from '../tensor-source.ts';

/** A file that fails in an unexpected way when asked for bytes it doesn't have: a parser must look first. */
export function strictSource(bytes: Uint8Array, name = 'pytorch_model.bin'): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) =>
      Number.isSafeInteger(offset) &&
      Number.isSafeInteger(length) &&
      offset >= 0 &&
      length >= 0 &&
      offset + length <= bytes.length
        ? Promise.resolve(new Uint8Array(bytes.slice(offset, offset + length)))
        : Promise.reject(
            new RangeError(`Read of ${String(length)} at ${String(offset)} of ${String(bytes.length)}`),
          ),
  };
}

/** A tensor's elements, read `piece` bytes at a time. */
export async function readTensor(
  file: ByteSource,
  places: TensorPlaces,
  tensor: TorchTensor,
  piece = tensor.byteLength,
): Promise<Uint8Array> {
  const place = places.place(tensor);
  const source = place.kind === 'in-file' ? file : place.source;
  const out = new Uint8Array(tensor.byteLength);
  for (let at = 0; at < out.length; at += piece) {
    out.set(await source.read(place.offset + at, Math.min(piece, out.length - at)), at);
  }
  return out;
}

/** Everything in a checkpoint, by name; or its typed refusal. Anything else fails the test. */
export async function readAll(bytes: Uint8Array): Promise<ReadonlyMap<string, Uint8Array> | AppError> {
  try {
    const file = strictSource(bytes);
    const places = new TensorPlaces(file);
    const all = new Map<string, Uint8Array>();
    for (const tensor of await readTorchCheckpoint(file)) {
      all.set(tensor.name, await readTensor(file, places, tensor));
    }
    return all;
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
}
