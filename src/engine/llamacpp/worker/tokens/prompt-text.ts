/** A prompt as llama.cpp will cut it: made safe, counted, and refused when it does not fit. */
import { AppError } from '../../../../errors/app-error.ts';
import { breakControlTexts } from './control-text.ts';
import type { PromptTokenizer } from './prompt-tokenizer.ts';

export class PromptText {
  readonly #contextLength: number;
  #tokenizer: PromptTokenizer | null;
  readonly #controlTexts: readonly string[];

  constructor(tokenizer: PromptTokenizer | null, contextLength: number) {
    this.#tokenizer = tokenizer;
    this.#controlTexts = tokenizer?.controlTexts ?? [];
    this.#contextLength = contextLength;
  }

  /** Null for a model whose tokenizer is of another family: then only llama.cpp itself can count. */
  get tokenizer(): PromptTokenizer | null {
    return this.#tokenizer;
  }

  /** What llama.cpp is given for `text`: nothing in it is read as control. */
  safe(text: string): string {
    return breakControlTexts(text, this.#controlTexts);
  }

  /** Tokens of a prompt with the BOS that llama.cpp puts in front; null when only llama.cpp can count. */
  promptTokens(safeText: string): number | null {
    if (!this.#tokenizer) return null;
    return this.#tokenizer.encode(safeText).length + (this.#tokenizer.addsBos ? 1 : 0);
  }

  /** @throws AppError `engine/prompt-too-long` unless at least one token of reply fits behind the prompt. */
  requireRoom(promptTokens: number): void {
    if (promptTokens < this.#contextLength) return;
    throw new AppError('engine/prompt-too-long', 'the prompt leaves no room for a reply', {
      promptTokens,
      contextLength: this.#contextLength,
    });
  }

  /**
   * llama.cpp's own count of a prompt is the truth. Should ours ever differ (a tokenizer variant unknown to us), we stop
   * counting ourselves rather than show a wrong number.
   */
  confirm(ours: number | null, llamaCpp: number): void {
    if (ours !== null && ours !== llamaCpp) this.#tokenizer = null;
  }
}
