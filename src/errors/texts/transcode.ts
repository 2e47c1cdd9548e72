/** What people read about converting a model. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

export const TRANSCODE_TEXTS = {
  'transcode/not-a-model': {
    title: 'This is not a model file',
    cause: 'It is neither GGUF nor safetensors nor a PyTorch checkpoint.',
    action: 'Choose a .gguf file, or a folder with .safetensors or .bin files and their config.json.',
  },
  'transcode/several-models': {
    title: 'There is more than one model here',
    cause:
      'The folder holds several models, often the same one in several sizes; one is converted at a time.',
    action: 'Choose one of the .gguf files instead of the folder, or a folder with one model in it.',
  },
  'transcode/truncated': {
    title: 'The model file is cut short',
    cause: 'Its header or its weights end before they should, as after a broken download.',
    action: 'Download the file again and compare its size with the one its page shows.',
  },
  'transcode/malformed': {
    title: 'The model file is damaged',
    cause: 'Its header contradicts itself or breaks the rules of its format.',
    action: 'Download the file again, or choose another source.',
  },
  'transcode/over-limit': {
    title: 'The model file asks for too much',
    cause: 'A count or size in its header is beyond what any model of this kind needs.',
    action: 'Choose another source; this file may be damaged or made to do harm.',
  },
  'transcode/wrong-architecture': {
    title: 'This is another kind of model',
    cause: 'Only models of the Llama architecture can be converted.',
    action: 'Choose a Llama-architecture model such as Meditron-7B.',
  },
  'transcode/unsupported': {
    title: 'This kind of file cannot be converted',
    cause: 'It uses a weight type, compression or version the converter does not know.',
    action: 'Choose another file of the same model: Q4_0, Q8_0 or F16 GGUF always work.',
  },
  'transcode/unsupported-model': {
    title: 'This model cannot be converted',
    cause:
      'It has something the compiled Llama libraries have no place for, such as a stretched context, biases, experts or an adapter.',
    action:
      'Another file of the same model does not help. Choose another model, or run a GGUF of it as it is.',
  },
  'transcode/not-only-weights': {
    title: 'This PyTorch file holds more than weights',
    cause:
      'It asks for code or objects other than tensors. The app never runs anything from a file, so it stops there.',
    action: 'Choose a safetensors or GGUF file of the same model.',
  },
  'transcode/old-torch': {
    title: 'This PyTorch file is of an old format',
    cause: 'It was saved in the format from before PyTorch 1.6, which the app does not read.',
    action: 'Choose a safetensors or GGUF file of the same model, or load and save it again in PyTorch.',
  },
  'transcode/missing-tensor': {
    title: 'Weights are missing from the model',
    cause: 'A part every Llama model has is not in the file.',
    action: 'Check that every file of the model is there, or download it again.',
  },
  'transcode/wrong-shape': {
    title: 'The weights do not fit the model',
    cause: 'A part has another size than the model’s own description says.',
    action: 'Download the file again, or choose another source.',
  },
  'transcode/bad-values': {
    title: 'The weights contain impossible numbers',
    cause: 'A weight or scale is not a finite number, so the model could not work.',
    action: 'Download the file again, or choose another source.',
  },
  'transcode/bad-tokenizer': {
    title: 'The model’s vocabulary cannot be used',
    cause: 'It is missing, inconsistent, or of a kind the converter does not know.',
    action: 'Choose another source for this model.',
  },
  'transcode/missing-file': {
    title: 'A file of the model is missing',
    cause: 'The folder lacks a file that its own list names or that conversion needs.',
    action: 'Add the missing file and start again.',
  },
  'transcode/worker-failed': {
    title: 'A converting worker stopped',
    cause: 'A background worker ended before its part was done, perhaps for lack of memory.',
    action: 'Close other tabs and press Resume; finished parts are kept.',
  },
  'transcode/package-damaged': {
    title: 'Some converted files are damaged',
    cause: 'Their content is not what was written when the model was converted.',
    action: 'Press Repair, or convert the model again: only the damaged parts are made anew.',
  },
} satisfies ErrorTexts<'transcode'>;
