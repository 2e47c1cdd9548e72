/**
 * Which answers to a yes/no question are true of this app. Tests hold the corpus, and what the trained model says, to it.
 *
 * A fact is a way of asking about something, and whether it is so. "Is it private" and "does it leave my computer" ask
 * about one thing and need opposite words: so each way of asking has its own line.
 */
type Truth = 'yes' | 'no' | 'depends';

interface Fact {
  asks: RegExp;
  truth: Truth;
}

const mine =
  '(anything|(my )?data|my (text|chats|conversations|questions|queries|messages|writing)|what i (type|write)|it)';

export const FACTS: readonly Fact[] = [
  // About the app
  { asks: /\bfree\b|without paying|with no paying/, truth: 'yes' },
  { asks: /\b(cost|pay|price|fee|subscription|buy)\b/, truth: 'no' },
  { asks: /\bopen(ly)? (source|available)\b|source code published/, truth: 'yes' },
  {
    asks: /\b(it|this|app|meditron|meditron web) (really )?(safe|dangerous|harmful)( to use)?$|risk|do me any harm/,
    truth: 'depends',
  },
  // Medicine: the notice's advice
  {
    asks: /\b(may|can|could|should|able to|allowed to|permitted to|possible to|way to|ok to)\b.*\b(use|work with|treat|handle)\b.*\b(patients|diagnosis|treatment|therapy|care|clinical work|someone)\b/,
    truth: 'no',
  },
  {
    asks: /\b(a medical device|approved|certified|safe for patients|for clinical (use|work with))\b/,
    truth: 'no',
  },
  { asks: /\b(clinical (use|work with)|clinic|hospital|patient care)\b.* (allowed|permitted)$/, truth: 'no' },
  // The model
  {
    asks: /(make|create) (mistakes|errors|failures)|be (wrong|incorrect|false)|\blie\b|hallucinate|invent things|(sometimes|ever|often) (wrong|incorrect|mistaken|unreliable)/,
    truth: 'yes',
  },
  { asks: /\b(?<!un)(reliable|accurate|correct|right|trustworthy|trust|believe)\b/, truth: 'depends' },
  {
    asks: /conscious|alive|sentient|feelings|emotions|a soul|\b(think|feel|dream|sleep|eat|learn|thoughts)\b|\bremember\b|know me\b|feel pain/,
    truth: 'no',
  },
  // Getting a model
  {
    asks: /\b(pause|stop|interrupt|halt|resume|continue|restart|go on with)\b.*\b(download|conversion|import)\b/,
    truth: 'yes',
  },
  // Privacy
  { asks: /\b(private|secure|confidential|secret|local|locally)\b/, truth: 'yes' },
  {
    asks: /\b(my (data|chats|conversations|questions|queries|text|writing)|what i type) (really )?safe$/,
    truth: 'yes',
  },
  { asks: new RegExp(`\\b${mine} (ever )?leave\\b|travel over the network`), truth: 'no' },
  { asks: new RegExp(`\\b${mine} (sent|uploaded|shared|transmitted|passed on)\\b`), truth: 'no' },
  { asks: new RegExp(`\\b(send|upload|share|transmit|pass on) ${mine}\\b`), truth: 'no' },
  {
    // Other people of this browser profile can.
    asks: /\b(can|does) (anyone|anybody|someone|others|you|the makers|my boss)\b.*\b(read|see|view|access|look at)\b|anybody else look/,
    truth: 'depends',
  },
  {
    asks: /\b(account|login|log in|registration|register|password|sign(ing)? (up|in)|api (key|button))\b/,
    truth: 'no',
  },
  {
    asks: /\b(track|spy on|follow|collect|record|sell|watch|log)\b (me|my|anything|data|users|what i do)|\b(cookies|analytics|telemetry|ads|tracking|trackers)\b/,
    truth: 'no',
  },
  // Offline
  {
    asks: /\b(work|run|use it|work with it|be used|usable)\b.* (offline|(without|with no) (the )?(internet|web connection|a connection|network)|on a plane|in a train|up in the air)/,
    truth: 'yes',
  },
  {
    asks: /\b(need|require)\b.* (internet|web connection|connection|network)\b|connection required/,
    truth: 'depends',
  },
];

/** Yes or no, if a text opens with such a word. */
export function openingOf(answer: string): 'yes' | 'no' | undefined {
  const [, word = ''] =
    /^\W*(yes|yep|sure|of course|certainly|indeed|no|nope|never|not at all)\b/i.exec(answer) ?? [];
  if (word === '') return undefined;
  return /^n/i.test(word) ? 'no' : 'yes';
}

// "I travel a lot, is it usable …": what stands before the comma only leads up to the question.
const YES_NO =
  /^(?:.*, )?(?:and |so |ok |then )?(is|are|am|was|were|do|does|did|can|could|may|might|must|should|will|would|has|have)\b/;

const bare = (question: string) =>
  question
    .toLowerCase()
    .replace(/[?.! ]+$/, '')
    .trim();

/** What is wrong with answering `question` by a text that opens with yes or no; nothing, if it opens otherwise. */
export function polarityFault(question: string, answer: string): string | undefined {
  const opening = openingOf(answer);
  if (opening === undefined) return undefined;
  const text = bare(question);
  const said = `“${question}” is answered “${answer.slice(0, 40)}…”`;
  if (!YES_NO.test(text)) return `${said}, and is no yes/no question`;
  const facts = FACTS.filter(({ asks }) => asks.test(text));
  if (facts.length === 0) return `${said}, and no fact says whether that is so: add one to polarity.ts`;
  const truths = [...new Set(facts.map(({ truth }) => truth))];
  return truths.length === 1 && truths[0] === opening
    ? undefined
    : `${said}, but the truth is: ${truths.join(', ')}`;
}
