/** What versions are called and what is said of them. */
import type { Version } from '../../conversations/data/judgements.ts';
import { formatCount } from '../../lib/format.ts';
import { findPromptFormat } from '../../prompts/formats.ts';

/** e.g. `Version 2: Demo model, temperature 0.7`. */
export function nameOf(versions: readonly Version[], version: Version): string {
  const number = `Version ${formatCount(versions.indexOf(version) + 1)}`;
  const { about: p } = version;
  if (!p) return `${number}: put in by a person`;
  return `${number}: ${p.modelName}, ${p.preset === undefined ? '' : `${p.preset}, `}temperature ${String(p.sampling.temperature)}`;
}

/** Everything else it was written with. */
export function about({ about: p, edited, status }: Version): string {
  if (!p) return 'No record of a model.';
  const parts = [
    `${p.quantization}, ${p.server ? `on ${p.server.name}` : p.backend === 'cpu' ? 'CPU' : p.adapter || 'GPU'}`,
    `format “${findPromptFormat(p.promptFormat)?.name ?? p.promptFormat}”`,
    `seed ${p.seedUsed === null ? 'not known' : String(p.seedUsed)}`,
    `${formatCount(p.completionTokens)} tokens`,
    ...(edited ? ['changed by hand'] : []),
    ...(status === 'complete' ? [] : [status]),
  ];
  return parts.join(' · ');
}
