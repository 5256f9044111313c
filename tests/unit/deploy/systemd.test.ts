import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { SETTINGS } from '../../../src/settings/table.ts';

/* The units for a machine without a cluster keep in step with the settings, as the CronJob does. */

const folder = join(import.meta.dirname, '../../../deploy/systemd');
const service = await readFile(join(folder, 'mailroom.service'), 'utf8');
const timer = await readFile(join(folder, 'mailroom.timer'), 'utf8');

const valueOf = (unit: string, key: string): string =>
  new RegExp(`^${key}=(?<value>.*)$`, 'mu').exec(unit)?.groups?.['value'] ?? '';

test('the timer starts a pass at every poll interval', () => {
  const minutes = Number(SETTINGS.MAILROOM_POLL_INTERVAL.defaultText) / 60;

  expect(valueOf(timer, 'OnCalendar')).toBe(`*:0/${minutes}`);
});

test('a pass that hangs is ended after its own time limit, and before the next one is due', () => {
  const timeout = Number(valueOf(service, 'TimeoutStartSec'));

  expect(timeout).toBeGreaterThan(Number(SETTINGS.MAILROOM_PASS_TIMEOUT.defaultText));
  expect(timeout).toBeLessThan(Number(SETTINGS.MAILROOM_POLL_INTERVAL.defaultText));
});

test('it runs the bundle that npm run build makes, with the Node of npm ci and the settings of .env', () => {
  expect(valueOf(service, 'Type')).toBe('oneshot');
  expect(valueOf(service, 'ExecStart')).toBe(
    `${valueOf(service, 'WorkingDirectory')}/node_modules/.bin/node --env-file=.env dist/run-once.js`,
  );
});
