/** What people read about servers that run a model. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

const MODELS = { label: 'Servers', href: '#/models' };

export const SERVER_TEXTS = {
  'server/bad-address': {
    title: 'This is not the address of a server',
    cause: 'An address looks like https://llm.example.org or http://localhost:8000, with or without /v1.',
    action: 'Correct it; a key belongs into its own field.',
  },
  'server/unreachable': {
    title: 'The server does not answer',
    cause: 'Nothing listens at this address, its name is not known, or the network is down.',
    action: 'Check the address and its port, that the server runs, and that this machine can reach it.',
    place: MODELS,
  },
  'server/mixed-content': {
    title: 'The browser forbids this address',
    cause: 'A page opened over https may not call a server over plain http, except on this machine.',
    action: 'Give the server https, or put it behind the same address as this app.',
  },
  'server/cors': {
    title: 'The server does not let this page read its answers',
    cause: 'It answers, but without the permission (CORS) a browser asks for.',
    action:
      'Whoever runs it must allow this page’s address as an origin, or put app and server behind one address.',
  },
  'server/policy': {
    title: 'This app’s own policy does not allow this server',
    cause: 'The page may only call the hosts that its policy names, and this is none of them.',
    action:
      'Whoever runs this site must add it: build with MODEL_SERVERS, or put app and server behind one address.',
  },
  'server/local-network': {
    title: 'The browser keeps this page from the local network',
    cause: 'The permission to call devices on the local network was refused for this site, or not given yet.',
    action: 'Allow it when the browser asks, or in the browser’s settings for this site, then test again.',
  },
  'server/key': {
    title: 'The server refuses this key',
    cause: 'It wants a key and got none, or another one than it knows.',
    action: 'Enter the key again under Edit, or ask whoever runs the server for one.',
    place: MODELS,
  },
  'server/model': {
    title: 'The server does not have this model',
    cause: 'No model of this name is served there, or several are and none was chosen.',
    action: 'Choose one of its list.',
    place: MODELS,
  },
  'server/not-compatible': {
    title: 'This is not an OpenAI-compatible server',
    cause: 'Something answers at this address, but not with what /v1/models and /v1/completions should.',
    action: 'Check the address: it is the one that ends in /v1, not the one of a web page.',
  },
  'server/redirect': {
    title: 'The server sends requests on to another address',
    cause: 'Following it would carry what you write, and the key, to a place nobody named.',
    action: 'Enter the address it leads to, if you trust it.',
  },
  'server/timeout': {
    title: 'The server took too long',
    cause: 'It accepted the request and then gave no answer.',
    action: 'Try again; if it repeats, whoever runs it should look at its log.',
  },
  'server/busy': {
    title: 'The server is full',
    cause: 'It turned the request away, and did so again until the waiting was given up.',
    action: 'What was written is kept. Press Regenerate later.',
  },
  'server/refused-request': {
    title: 'The server refused the request',
    cause: 'It does not take a setting or a form that the app uses.',
    action: 'Reset the sampling settings; if it repeats, copy the details and report them.',
  },
  'server/failed': {
    title: 'The server reported an error',
    cause: 'It could not do what was asked.',
    action: 'What was written is kept. Try again; if it repeats, whoever runs it should look at its log.',
  },
  'server/lost': {
    title: 'The connection to the server was lost',
    cause: 'The reply broke off before its end, or the server gives no sign of life.',
    action: 'What was written is kept. Press Continue when the server answers again.',
  },
  'server/damaged-answer': {
    title: 'The server’s answer can’t be read',
    cause: 'What came is not what its protocol allows, or is far too long.',
    action: 'What was written is kept. Try again; a proxy in between may have changed it.',
  },
  'server/no-scores': {
    title: 'This server can’t score options',
    cause: 'It gives no log-probabilities of a given text, or not ones that hold when they are checked.',
    action: 'Choose Written answer as the method, or run the model here.',
  },
  'server/unconfirmed': {
    title: 'Not sent: nobody has agreed to it yet',
    cause: 'What you write would leave this machine for a server, and that is asked once in a session.',
    action: 'Send again and agree, or load a model that runs here.',
  },
} satisfies ErrorTexts<'server'>;
