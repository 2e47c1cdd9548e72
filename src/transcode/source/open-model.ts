import { CHAT_CONFIG_FILE } from '../../formats/mlc-package/package-json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { openGguf } from './gguf-model.ts';
import { looksLikeGguf } from '../../formats/gguf/gguf-parser.ts';
import { baseName, isBesideWeights, isSideFile } from './file-names.ts';
import { openFolder } from './folder-model.ts';
import { containerOf } from './weight-files.ts';
import { refuseSeveralModels } from './several-models.ts';
import type { SourceModel } from './source-model.ts';

/**
 * Opens a model from one GGUF file, or from the files of a folder (safetensors, PyTorch or AWQ, with config.json and tokenizer).
 * Content decides, not extensions; of several models none is taken by chance. Reads headers and side files only.
 * @throws AppError any `transcode/*` code but `bad-values`, `worker-failed` and `package-damaged`; what the sources throw
 */
export async function openModel(files: readonly ByteSource[], signal?: AbortSignal): Promise<SourceModel> {
  const names = files.map((file) => baseName(file.name));
  if (names.includes(CHAT_CONFIG_FILE)) {
    throw new AppError('transcode/unsupported', 'This folder is an MLC package already; use it as it is');
  }
  const ggufs: ByteSource[] = [];
  let folder: ByteSource | null = null;
  let adapter = false;
  for (const file of files) {
    const name = baseName(file.name);
    if (isSideFile(name)) continue;
    if (isBesideWeights(name)) {
      adapter ||= name.startsWith('adapter_model.');
      continue;
    }
    // The parts of one model: asking each would cost a request.
    if (folder !== null && /\.(safetensors|bin)$/i.test(name)) continue;
    const start = await file.read(0, Math.min(file.size, 16), signal);
    if (looksLikeGguf(start)) ggufs.push(file);
    else if (containerOf(start) !== null) folder ??= file;
  }
  const models = folder === null ? ggufs : [...ggufs, folder];
  refuseSeveralModels(models.map((file) => baseName(file.name)));
  if (ggufs[0] !== undefined) return openGguf(ggufs[0], signal);
  if (folder !== null) return openFolder(files, signal);
  if (adapter) {
    throw new AppError(
      'transcode/unsupported-model',
      'This is an adapter (LoRA), a small change of another model; it must be merged into that one first',
    );
  }
  const only = files.length === 1 ? files[0] : undefined;
  if (only !== undefined && only.size < 16) {
    throw new AppError('transcode/truncated', 'The file is too short to be a model', { size: only.size });
  }
  throw new AppError('transcode/not-a-model', 'No GGUF, safetensors or PyTorch file is among these', {
    files: files.length,
  });
}
