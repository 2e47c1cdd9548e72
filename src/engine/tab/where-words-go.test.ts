import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { serverTitle } from './server-title.ts';
import type { EngineState, LoadedModel } from '../port.ts';
import type { RemoteModel } from '../remote/model.ts';
import { wordsGoTo } from './where-words-go.ts';

const SERVER = { id: 'a', name: 'Ward', host: 'llm.example.org', model: 'm' };
const here = { engine: 'llamacpp', displayName: 'Demo model' } as LoadedModel;
const there = {
  engine: 'remote',
  server: { ...SERVER, sameOrigin: false, fingerprint: '', scoringProblem: '' },
} as LoadedModel;
const connecting = {
  engine: 'remote',
  server: { id: 'a', name: 'Ward', root: 'https://llm.example.org/', model: 'm' },
} as RemoteModel;
const progress = { phase: 'fetch', loadedBytes: 0, totalBytes: 0, fraction: 0 } as const;

describe('words go', () => {
  it.each<EngineState>([
    { status: 'loading', model: connecting, progress },
    { status: 'ready', loaded: there },
    { status: 'generating', loaded: there },
    { status: 'lost', loaded: there, error: new AppError('server/lost', 'x') },
  ])('to the server while it is $status', (state) => {
    expect(wordsGoTo(state)).toMatchObject(SERVER);
  });

  it.each<EngineState>([
    { status: 'idle' },
    { status: 'ready', loaded: here },
    { status: 'generating', loaded: here },
    { status: 'failed', error: new AppError('server/key', 'x') },
  ])('nowhere while it is $status', (state) => {
    expect(wordsGoTo(state)).toBeNull();
  });

  it('are told with the host, also where the server has a name', () => {
    expect(serverTitle(SERVER)).toBe('Ward (llm.example.org)');
    expect(serverTitle({ name: 'llm.example.org', host: 'llm.example.org' })).toBe('llm.example.org');
  });
});
