import {
  ensure,
  ensureEqual,
  ensureFails,
  loaded,
  replyTo,
  requestOf,
  type ContractCheck,
  type ContractSubject,
  type Reply,
} from './support.ts';

async function writes(subject: ContractSubject, what: string): Promise<void> {
  const { text, done } = await replyTo(subject, requestOf(subject));
  ensure(text !== '', `${what}, the engine writes`);
  ensureEqual(done.finishReason, 'length', `${what}, a reply ends by its length`);
  ensureEqual(subject.tab.state.status, 'ready', `${what}, afterwards it is`);
}

export const STATE_CHECKS: readonly ContractCheck[] = [
  {
    name: 'says what is loaded, with one bar that only grows',
    fresh: true,
    async run(subject) {
      const { tab, model } = subject;
      const fractions: number[] = [];
      tab.subscribe((state) => {
        if (state.status === 'loading') fractions.push(state.progress.fraction);
      });
      const facts = await loaded(subject);
      ensureEqual(facts.engine, model.engine, 'the engine');
      ensureEqual([facts.modelId, facts.displayName], [model.modelId, model.displayName], 'the model');
      ensure(
        facts.contextLength > 0 && facts.engineVersion !== '' && facts.backendReason !== '',
        'the facts',
      );
      ensure(
        fractions.every((fraction, index) => fraction >= (fractions[index - 1] ?? 0) && fraction <= 1),
        `the bar only grows: ${fractions.join(' ')}`,
      );
      ensureEqual(tab.state, { status: 'ready', loaded: facts }, 'the state');
    },
  },
  {
    name: 'refuses work without a model, by code',
    fresh: true,
    async run(subject) {
      const { tab } = subject;
      await ensureFails(replyTo(subject, requestOf(subject)), 'engine/not-loaded', 'a reply');
      await ensureFails(tab.score('a', ['b']), 'engine/not-loaded', 'scoring');
      await ensureFails(tab.countTokens('a'), 'engine/not-loaded', 'counting');
      ensureEqual(tab.state.status, 'idle', 'the state');
    },
  },
  {
    name: 'ends every reply with exactly one done, and writes the same greedily again',
    async run(subject) {
      await loaded(subject);
      const first = await replyTo(subject, requestOf(subject));
      ensureEqual(first.done.finishReason, 'length', 'the reason');
      ensureEqual(first.done.usage.completionTokens, 12, 'the tokens');
      ensure(!first.text.includes('\ufffd'), 'whole characters');
      const again = await replyTo(subject, requestOf(subject));
      ensureEqual(again.text, first.text, 'the same reply');
      const none = await replyTo(subject, requestOf(subject, { maxTokens: 0 }));
      ensureEqual([none.text, none.done.finishReason], ['', 'length'], 'a reply of no tokens');
    },
  },
  {
    name: 'ends before a stop string and shows no part of it',
    async run(subject) {
      await loaded(subject);
      const { text } = await replyTo(subject, requestOf(subject));
      const characters = Array.from(text);
      const from = Math.floor(characters.length / 2);
      const stop = characters.slice(from, from + 2).join('');
      const at = text.indexOf(stop);
      const cut = await replyTo(subject, requestOf(subject, {}, { stops: ['never seen', stop] }));
      ensureEqual([cut.text, cut.done.finishReason], [text.slice(0, at), 'stop'], `stopped at “${stop}”`);
      // What was held back as its beginning is given back when it does not come.
      const begun = await replyTo(subject, requestOf(subject, {}, { stops: [`${text.slice(-1)}never`] }));
      ensureEqual(begun.text, text, 'a stop string that only begins');
    },
  },
  {
    name: 'draws by seed',
    async run(subject) {
      const { abilities } = await loaded(subject);
      // Hot enough that no model is so sure of a reply that all seeds draw it.
      const draw = async (seed: number | null): Promise<Reply> =>
        replyTo(subject, requestOf(subject, { temperature: 4, seed, maxTokens: 24 }));
      const one = await draw(7);
      ensure(one.done.seed === null || one.done.seed === 7, 'it says the seed it was given');
      if (!abilities.seeds) return;
      ensureEqual((await draw(7)).text, one.text, 'the same seed');
      const others = [await draw(8), await draw(9), await draw(10)];
      ensure(
        others.some(({ text }) => text !== one.text),
        'another seed draws something else',
      );
      const drawn = await draw(null);
      ensure(drawn.done.seed !== null, 'it says the seed it drew');
      ensureEqual((await draw(drawn.done.seed)).text, drawn.text, 'the seed it drew');
    },
  },
  {
    name: 'stops before, during and after a reply, and goes on afterwards',
    async run(subject) {
      await loaded(subject);
      const whole = await replyTo(subject, requestOf(subject));
      const never = await replyTo(subject, requestOf(subject), AbortSignal.abort());
      ensureEqual([never.text, never.done.finishReason], ['', 'aborted'], 'stopped before it began');
      for (const after of [0, 1, 3]) {
        const stop = new AbortController();
        if (after === 0) setTimeout(() => stop.abort());
        const cut = await replyTo(subject, requestOf(subject, { maxTokens: 200 }), stop.signal, (events) => {
          if (events === after) stop.abort();
        });
        if (stop.signal.aborted && cut.done.usage.completionTokens < 200) {
          ensureEqual(cut.done.finishReason, 'aborted', `stopped after ${String(after)} events`);
        }
        ensureEqual(subject.tab.state.status, 'ready', 'the state');
      }
      for await (const event of subject.tab.generate(requestOf(subject, { maxTokens: 200 }))) {
        if (event.type === 'token') break;
      }
      ensureEqual(subject.tab.state.status, 'ready', 'the state after its reader left');
      ensureEqual((await replyTo(subject, requestOf(subject))).text, whole.text, 'the next reply');
    },
  },
  {
    name: 'does one thing at a time, and counts beside it',
    async run(subject) {
      const { tab } = subject;
      await loaded(subject);
      const whole = await replyTo(subject, requestOf(subject));
      let asked = false;
      const first = await replyTo(subject, requestOf(subject), undefined, async () => {
        if (asked) return;
        asked = true;
        await ensureFails(replyTo(subject, requestOf(subject)), 'engine/busy', 'a second reply');
        await ensureFails(tab.score('a', ['b']), 'engine/busy', 'scoring beside it');
        ensure((await tab.countTokens(subject.prompt)) > 0, 'counting beside it');
      });
      ensureEqual(first.text, whole.text, 'the first reply, unharmed');
    },
  },
  {
    name: 'counts tokens',
    async run(subject) {
      const { tab, prompt, countsExactly } = subject;
      await loaded(subject);
      ensureEqual(await tab.countTokens(''), 0, 'of nothing');
      const counted = await tab.countTokens(prompt);
      const { usage } = (await replyTo(subject, requestOf(subject))).done;
      // The engine's count has BOS in it, if the model has one.
      const bos = usage.promptTokens - counted;
      if (countsExactly)
        ensure(bos === 0 || bos === 1, `${String(counted)} and ${String(usage.promptTokens)}`);
      else ensure(bos <= 1, `${String(counted)} is enough for ${String(usage.promptTokens)}`);
      ensureEqual(usage.completionTokens, 12, 'tokens of the reply');
    },
  },
  {
    name: 'refuses a prompt that leaves no room, and stays usable',
    async run(subject) {
      await loaded(subject);
      const long = requestOf(subject, {}, { prompt: subject.longPrompt });
      await ensureFails(replyTo(subject, long), 'engine/prompt-too-long', 'too long a prompt');
      await writes(subject, 'after too long a prompt');
    },
  },
  {
    name: 'unloads in every state, and loads again',
    fresh: true,
    async run(subject) {
      const { tab } = subject;
      await tab.unload();
      ensureEqual(tab.state.status, 'idle', 'unloaded when idle');
      const loading = ensureFails(tab.load(subject.model), 'aborted', 'a load that is unloaded');
      ensureEqual(tab.state.status, 'loading', 'on the way');
      await tab.unload();
      await loading;
      ensureEqual(tab.state.status, 'idle', 'unloaded when loading');
      await loaded(subject);
      await tab.unload();
      ensureEqual(tab.state.status, 'idle', 'unloaded when ready');
      await ensureFails(tab.countTokens('a'), 'engine/not-loaded', 'counting');
      await loaded(subject);
      const cut = await replyTo(
        subject,
        requestOf(subject, { maxTokens: 200 }),
        undefined,
        async (events) => {
          if (events === 1) await tab.unload();
        },
      );
      ensureEqual(cut.done.finishReason, 'aborted', 'a reply that is unloaded');
      ensureEqual(tab.state.status, 'idle', 'unloaded when generating');
      await loaded(subject);
      await writes(subject, 'after all that');
    },
  },
  {
    name: 'cancels a load, at once and later, and loads again',
    fresh: true,
    async run(subject) {
      const { tab, model } = subject;
      await ensureFails(tab.load(model, { signal: AbortSignal.abort() }), 'aborted', 'a load');
      const stop = new AbortController();
      const loading = ensureFails(tab.load(model, { signal: stop.signal }), 'aborted', 'a load');
      stop.abort();
      await loading;
      ensureEqual(tab.state.status, 'idle', 'the state');
      await loaded(subject);
      await writes(subject, 'after cancelled loads');
    },
  },
  {
    name: 'lets the newest load win, also over a reply',
    fresh: true,
    async run(subject) {
      const { tab, model } = subject;
      const first = ensureFails(tab.load(model), 'aborted', 'the load that was overtaken');
      await loaded(subject);
      await first;
      let next: Promise<unknown> = Promise.resolve();
      const cut = await replyTo(subject, requestOf(subject, { maxTokens: 200 }), undefined, (events) => {
        if (events === 1) next = tab.load(model);
      });
      ensureEqual(cut.done.finishReason, 'aborted', 'the reply that was overtaken');
      await next;
      await writes(subject, 'after the newer load');
    },
  },
  {
    name: 'says by code why a model was lost, and loads again',
    fresh: true,
    async run(subject) {
      const { tab, lose } = subject;
      if (!lose) return;
      await loaded(subject);
      await lose.now();
      await settled(() => tab.state.status === 'lost');
      await ensureFails(replyTo(subject, requestOf(subject)), lose.code, 'a reply');
      await ensureFails(tab.countTokens('a'), lose.code, 'counting');
      await loaded(subject);
      await writes(subject, 'after a loss');
    },
  },
];

/** Waits for what is on its way. @throws Error after ten seconds. */
async function settled(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !holds(); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  ensure(holds(), 'it is lost');
}
