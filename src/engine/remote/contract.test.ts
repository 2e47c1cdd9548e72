import { describe, it } from 'vitest';
import { ENGINE_CONTRACT } from '../contract/contract.ts';
import { remoteEngine, remoteModel } from './testing/support.ts';
import { TestServer, type Dialect } from './testing/test-server.ts';

describe.each<Dialect>(['vllm', 'llama-server', 'openai'])('the engine contract, by %s', (dialect) => {
  for (const { name, run } of ENGINE_CONTRACT) {
    it(name, async () => {
      const server = await TestServer.start({ dialect, contextLength: 400, pace: 2, words: 300 });
      try {
        await run({
          tab: remoteEngine(),
          model: remoteModel(server.address, { knownContext: 400 }),
          prompt: 'What does it say?',
          longPrompt: 'word '.repeat(500),
          options: [' yes', ' no'],
          countsExactly: dialect !== 'openai',
          lose: null,
        });
      } finally {
        await server.stop();
      }
    });
  }
});
