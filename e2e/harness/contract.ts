/** Runs the engine contract in a page: first what needs an engine of its own, then the rest on one that stays loaded, as a chat has it. */
import { ENGINE_CONTRACT } from '../../src/engine/contract/contract.ts';
import { hosted } from '../../src/engine/contract/hosted.ts';
import type { ContractCheck, ContractSubject } from '../../src/engine/contract/support.ts';
import type { Engine, ModelToLoad } from '../../src/engine/port.ts';

const QUESTION = '### User: What is this app?\n### Assistant:';

/** @returns what was not kept, by the check's name; empty: all is well. */
export async function runContract(
  model: ModelToLoad,
  createEngine: () => Engine,
  lose: ContractSubject['lose'],
): Promise<readonly string[]> {
  const faults: string[] = [];
  const subjectOf = (): ContractSubject => ({
    tab: hosted(model.engine, createEngine()),
    model,
    prompt: QUESTION,
    longPrompt: QUESTION.repeat(400),
    options: [' This', ' It is'],
    countsExactly: true,
    lose,
  });
  const check = async ({ name, run }: ContractCheck, subject: ContractSubject): Promise<void> => {
    await run(subject).catch((thrown: unknown) => {
      faults.push(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    });
  };
  for (const each of ENGINE_CONTRACT.filter(({ fresh }) => fresh)) {
    const subject = subjectOf();
    await check(each, subject);
    await subject.tab.unload();
  }
  const shared = subjectOf();
  for (const each of ENGINE_CONTRACT.filter(({ fresh }) => !fresh)) await check(each, shared);
  await shared.tab.unload();
  return faults;
}
