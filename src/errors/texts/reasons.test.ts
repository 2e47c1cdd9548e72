import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../app-error.ts';
import { errorText } from '../error-text.ts';

const textOf = (code: ErrorCode, message: string, details: AppError['details'] = {}) =>
  errorText(new AppError(code, message, details));

describe('what the reader of a model file found', () => {
  it('is told, beside what is generally the cause', () => {
    expect(textOf('transcode/malformed', 'Two tensors overlap', { tensor: 'x' }).cause).toBe(
      'Two tensors overlap. Its header contradicts itself or breaks the rules of its format.',
    );
    expect(textOf('transcode/unsupported', 'Models with biases cannot be converted').cause).toBe(
      'Models with biases cannot be converted.',
    );
  });

  it('is cut where a file put a novel into a name', () => {
    expect(textOf('transcode/malformed', 'x'.repeat(5000)).cause.length).toBeLessThan(400);
  });

  it('says nothing of exceptions inside a worker', () => {
    expect(textOf('transcode/worker-failed', 'TypeError: undefined').cause).not.toContain('TypeError');
  });
});

describe('the advice', () => {
  it.each([
    ['Weights of type IQ2_XS cannot be converted', { tensor: 'blk.0', type: 'IQ2_XS' }],
    ['Weights of type F8_E4M3 cannot be converted here', { tensor: 'lm_head.weight', dtype: 'F8_E4M3' }],
  ])('names other quantisations where they help: %s', (message, details) => {
    expect(textOf('transcode/unsupported', message, details).action).toMatch(/Q4_0, Q8_0 or F16/);
  });

  it.each([
    ['rope scaling', { scaling: 'linear', factor: 4 }],
    ['experts', { experts: 8 }],
    ['another activation', { activation: 'gelu' }],
    ['biases', { tensor: 'model.layers.0.self_attn.q_proj.bias' }],
  ])('says that no other file helps: %s', (_, details) => {
    const { action } = textOf('transcode/unsupported', 'It cannot be converted', details);
    expect(action).toMatch(/another model/);
    expect(action).not.toMatch(/Q4_0/);
  });

  it.each([
    ['split parts', { parts: 3 }, /Join the parts/],
    ['GPTQ', { method: '"gptq"' }, /before that quantisation/],
    ['GPTQ by its tensors', { tensor: 'model.layers.0.mlp.up_proj.g_idx' }, /before that quantisation/],
    ['LoRA', { tensor: 'base_model.model.layers.0.q_proj.lora_A.weight' }, /merged/],
  ])('fits %s', (_, details, action) => {
    const text = textOf('transcode/unsupported', 'It cannot be converted', details);
    expect(text.action).toMatch(action);
    expect(text.action).not.toMatch(/always work/);
  });

  it('says where a redirect was refused', () => {
    expect(textOf('bytes/cors', 'no', { redirected: true }).cause).toMatch(/leads to another address/);
    expect(textOf('bytes/cors', 'no', { redirected: false }).cause).not.toMatch(/leads/);
  });
});
