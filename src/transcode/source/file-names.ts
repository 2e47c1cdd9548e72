/** What a file's name tells of it. */

/** Changes to a model that may lie beside it whole, and files of a training run: nothing of the model itself. */
const BESIDE =
  /^(adapter_model\.(safetensors|bin)|training_args\.bin|(optimizer|scheduler|scaler)\.(bin|pt)|rng_state.*\.pth)$/;

/** The last part of a path or URL, without a query. */
export function baseName(name: string): string {
  return name.replace(/[?#].*$/, '').replace(/^.*[/\\]/, '');
}

/** Whether a file is, by its name, an adapter or left over from training. */
export function isBesideWeights(name: string): boolean {
  return BESIDE.test(name);
}

/** Whether a file can't hold weights by its name alone. */
export function isSideFile(name: string): boolean {
  return /\.(json|txt|md|py|model)$/i.test(name);
}

/** Whether PyTorch weights commonly go by such a name; the content decides. */
export function isTorchName(name: string): boolean {
  return /\.(bin|pt|pth)$/i.test(name) && !isBesideWeights(name);
}
