/** What people read about fetching bytes. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

export const BYTES_TEXTS = {
  'bytes/offline': {
    title: 'The network is not reachable',
    cause:
      'The browser could not connect: it is offline, or the host is blocked or does not allow this site (CORS).',
    action: 'Check the connection and press Resume; finished parts are kept.',
  },
  'bytes/cors': {
    title: 'This server does not let web pages read its files',
    cause: 'It answers, but without the permission (CORS) a browser needs to hand the file to this page.',
    action: 'Download the file yourself and use Import file, or choose another source.',
  },
  'bytes/not-found': {
    title: 'The file is not there',
    cause: 'The server answered that it does not have this file (404).',
    action: 'Check the address or choose another source.',
  },
  'bytes/forbidden': {
    title: 'The server refused access',
    cause:
      'It answered that this file needs permission (401 or 403); some hosts also answer so where there is no such file.',
    action: 'Open the model’s page to see what it asks for, or download the file and use Import file.',
  },
  'bytes/http-status': {
    title: 'The server answered with an error',
    cause: 'It could not deliver the file just now.',
    action: 'Press Resume in a while; finished parts are kept.',
  },
  'bytes/no-ranges': {
    title: 'This server cannot send parts of a file',
    cause: 'It ignores byte ranges, which resuming a large transfer needs.',
    action: 'Download the file yourself and use Import file.',
  },
  'bytes/range-not-satisfiable': {
    title: 'The file is shorter than expected',
    cause: 'The server has no such part of the file (416); it may have changed.',
    action: 'Start the transfer again from the beginning.',
  },
  'bytes/short-read': {
    title: 'The data ended too early',
    cause: 'Fewer bytes arrived than the file should have.',
    action: 'Press Resume, or check that the file is complete.',
  },
  'bytes/changed': {
    title: 'The source has changed',
    cause: 'The file at this address is not the one the work began with.',
    action: 'The work starts again from the beginning with the new file.',
  },
  'bytes/html-instead': {
    title: 'A web page came instead of the file',
    cause:
      'The server answered with HTML: a login or error page, or the start page of a site that has no such file.',
    action: 'Check the address (a folder’s ends with a slash), or download the file and use Import file.',
  },
  'bytes/too-large': {
    title: 'The file is larger than it may be',
    cause: 'The server offers more bytes than a file of this kind can have, so it was not read.',
    action: 'Check the address or choose another source.',
  },
} satisfies ErrorTexts<'bytes'>;
