import { expect, it } from 'vitest';
import { linkedScreen, placeOf } from './screens.tsx';

it.each([
  ['', { screen: 'chat', conversationId: null }],
  ['/', { screen: 'chat', conversationId: null }],
  ['/c/0abc-_Z9', { screen: 'chat', conversationId: '0abc-_Z9' }],
  ['/exams', { screen: 'exams', setId: null, practice: false }],
  ['/exams/about-this-app', { screen: 'exams', setId: 'about-this-app', practice: false }],
  ['/exams/0abc/practice', { screen: 'exams', setId: '0abc', practice: true }],
  ['/runs/0abc', { screen: 'runs', runId: '0abc' }],
  ['/models', { screen: 'models' }],
  ['/about', { screen: 'about' }],
  ['/settings', { screen: 'settings', section: null }],
  ['/settings/storage', { screen: 'settings', section: 'storage' }],
  ['/shared', { screen: 'shared' }],
])('%s is a place of its own', (path, place) => {
  expect(placeOf(path)).toEqual(place);
});

it.each([
  '/c/',
  '/c/a b',
  `/c/${'x'.repeat(65)}`,
  '/c/a/b',
  '/exams/a/b',
  '/runs/',
  '/runs/a/b',
  '/models/x',
  '/settings/a/b',
  '/shared/abc',
  '/nowhere',
])('%s is told to be missing, not taken for something else', (path) => {
  expect(placeOf(path)).toEqual({ screen: 'missing', path });
});

it('a run lies behind Exams; every other screen has its own link, or none', () => {
  expect(linkedScreen('runs')).toBe('exams');
  expect(linkedScreen('models')).toBe('models');
  expect(linkedScreen('shared')).toBe('shared');
});
