import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { openGguf } from './gguf-model.ts';
import { looksLikeGguf } from '../../formats/gguf/gguf-parser.ts';
import { baseName, openSafetensors } from './safetensors-model.ts';
import { looksLikeSafetensors } from '../../formats/safetensors/safetensors-parser.ts';
import { refuseSeveralModels } from './several-models.ts';
import type { SourceModel } from './source-model.ts';

/**
 * Opens a model from one GGUF file, or from the files of a folder (safetensors or AWQ, with config.json and tokenizer).
 * Content decides, not extensions; of several models none is taken by chance. Reads headers and side files only.
 * @throws AppError any `transcode/*` code but `bad-values`, `worker-failed` and `package-damaged`; what the sources throw
 */
export async function openModel(files: readonly ByteSource[], signal?: AbortSignal): Promise<SourceModel> {
  const names = files.map((file) => baseName(file.name));
  if (names.includes('mlc-chat-config.json')) {
    throw new AppError('transcode/unsupported', 'This folder is an MLC package already; use it as it is');
  }
  const ggufs: ByteSource[] = [];
  let safetensors: ByteSource | null = null;
  let pickled = names.some((name) => /^pytorch_model.*\.bin$/.test(name));
  for (const file of files) {
    if (/\.(json|txt|md|py)$/i.test(baseName(file.name))) continue;
    // The parts of one model: asking each would cost a request.
    if (safetensors !== null && /\.safetensors$/i.test(baseName(file.name))) continue;
    const start = await file.read(0, Math.min(file.size, 16), signal);
    if (looksLikeGguf(start)) ggufs.push(file);
    else if (looksLikeSafetensors(start)) safetensors ??= file;
    // A zip at the start is how PyTorch stores pickles; unpickling would run code from the file.
    if (start[0] === 0x50 && start[1] === 0x4b) pickled = true;
  }
  const models = safetensors === null ? ggufs : [...ggufs, safetensors];
  refuseSeveralModels(models.map((file) => baseName(file.name)));
  if (ggufs[0] !== undefined) return openGguf(ggufs[0], signal);
  if (safetensors !== null) return openSafetensors(files, signal);
  if (pickled) {
    throw new AppError(
      'transcode/unsupported',
      'PyTorch .bin files cannot be read safely; use safetensors or GGUF',
    );
  }
  const only = files.length === 1 ? files[0] : undefined;
  if (only !== undefined && only.size < 16) {
    throw new AppError('transcode/truncated', 'The file is too short to be a model', { size: only.size });
  }
  throw new AppError('transcode/not-a-model', 'No GGUF or safetensors file is among these', {
    files: files.length,
  });
}
