/** Runs the engine contract in a page, one check after the other, each on an engine of its own. */
import { ENGINE_CONTRACT } from '../../src/engine/contract/contract.ts';
import { hosted } from '../../src/engine/contract/hosted.ts';
import type { ContractSubject } from '../../src/engine/contract/support.ts';
import type { Engine, ModelToLoad } from '../../src/engine/port.ts';

const QUESTION = '### User: What is this app?\n### Assistant:';

/** @returns what was not kept, by the check's name; empty: all is well. */
export async function runContract(
  model: ModelToLoad,
  createEngine: () => Engine,
  lose: ContractSubject['lose'],
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { name, run } of ENGINE_CONTRACT) {
    const tab = hosted(model.engine, createEngine());
    const subject: ContractSubject = {
      tab,
      model,
      prompt: QUESTION,
      longPrompt: QUESTION.repeat(400),
      options: [' This', ' It is'],
      countsExactly: true,
      lose,
    };
    await run(subject).catch((thrown: unknown) => {
      faults.push(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    });
    await tab.unload();
  }
  return faults;
}
