import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { isRequired, skipNote } from '../../support/required.ts';

/* Prometheus itself is asked, by its promtool, when the rules of deploy/optional/alert-rule.yaml fire. */

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const unpacked = join(cache, 'mailroom', 'promtool');
const promtool = existsSync(unpacked) ? unpacked : 'promtool';
const isThere = spawnSync(promtool, ['--version']).status === 0;
const isSkipped = !isThere && !isRequired('promtool');
const note = skipNote(isSkipped, 'promtool, of the Debian package prometheus', 'promtool');

/** A series of kube-state-metrics for one CronJob: seconds since the epoch, every five minutes. */
type Series = readonly [metric: string, namespace: string, cronJob: string, values: string];

const LAST_SUCCESS = 'kube_cronjob_status_last_successful_time';
const LAST_START = 'kube_cronjob_status_last_schedule_time';
const MADE = 'kube_cronjob_created';
const NEVER_AGAIN = '0x60';
const GOES_ON = '0+300x60';

/** Its first answer comes an hour after the CronJob was made. */
const FIRST_AFTER_AN_HOUR = '_x11 3600+300x48';

describe.skipIf(isSkipped)(`the alert rule, as Prometheus reads it${note}`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailroom-alert-'));
    const manifest = new URL('../../../deploy/optional/alert-rule.yaml', import.meta.url);
    const { spec } = parse(await readFile(manifest, 'utf8'));
    await writeFile(join(folder, 'rules.json'), JSON.stringify(spec));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('is a rule', () => {
    const said = execFileSync(promtool, ['check', 'rules', 'rules.json'], {
      cwd: folder,
      encoding: 'utf8',
    });

    expect(said).toContain('SUCCESS: 2 rules found');
  });

  const health = (metric: string, namespace: string, values: string): Series => [
    metric,
    namespace,
    'mailroom-health',
    values,
  ];
  const pass = (metric: string, namespace: string, values: string): Series => [
    metric,
    namespace,
    'mailroom',
    values,
  ];

  test.each<[string, readonly Series[], number, string, readonly string[]]>([
    ['a health check that succeeds', [health(LAST_SUCCESS, 'm', GOES_ON)], 200, 'Unhealthy', []],
    ['after 25 minutes not yet', [health(LAST_SUCCESS, 'm', NEVER_AGAIN)], 25, 'Unhealthy', []],
    ['after 26 minutes', [health(LAST_SUCCESS, 'm', NEVER_AGAIN)], 26, 'Unhealthy', ['m']],
    [
      'one account of two, and another CronJob',
      [
        health(LAST_SUCCESS, 'anna', GOES_ON),
        health(LAST_SUCCESS, 'ben', NEVER_AGAIN),
        [LAST_SUCCESS, 'm', 'backup', NEVER_AGAIN],
      ],
      60,
      'Unhealthy',
      ['ben'],
    ],
    ['it never succeeded', [health(MADE, 'm', NEVER_AGAIN)], 26, 'Unhealthy', ['m']],
    ['it is new', [health(MADE, 'm', NEVER_AGAIN)], 25, 'Unhealthy', []],
    [
      'it succeeded late, and has gone on',
      [health(MADE, 'm', NEVER_AGAIN), health(LAST_SUCCESS, 'm', FIRST_AFTER_AN_HOUR)],
      200,
      'Unhealthy',
      [],
    ],
    ['passes are started', [pass(LAST_START, 'm', GOES_ON)], 200, 'DoesNotRun', []],
    ['passes are started no longer', [pass(LAST_START, 'm', NEVER_AGAIN)], 26, 'DoesNotRun', ['m']],
    ['no pass was ever started', [pass(MADE, 'm', NEVER_AGAIN)], 26, 'DoesNotRun', ['m']],
    [
      'the health check alone is started',
      [pass(LAST_START, 'm', NEVER_AGAIN), health(LAST_START, 'm', GOES_ON)],
      60,
      'DoesNotRun',
      ['m'],
    ],
  ])('%s', async (_rule, series, minutes, alert, firing) => {
    const cronJob = alert === 'Unhealthy' ? 'mailroom-health' : 'mailroom';
    const tests = {
      rule_files: ['rules.json'],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '5m',
          input_series: series.map(([metric, namespace, cronjob, values]) => ({
            series: `${metric}{namespace="${namespace}",cronjob="${cronjob}"}`,
            values,
          })),
          alert_rule_test: [
            {
              eval_time: `${minutes}m`,
              alertname: `Mailroom${alert}`,
              exp_alerts: firing.map((namespace) => ({
                exp_labels: { severity: 'warning', namespace, cronjob: cronJob },
                exp_annotations: TEXTS[alert]?.(namespace),
              })),
            },
          ],
        },
      ],
    };
    await writeFile(join(folder, 'test.json'), JSON.stringify(tests));

    const { stdout, stderr } = spawnSync(promtool, ['test', 'rules', 'test.json'], {
      cwd: folder,
      encoding: 'utf8',
    });

    expect(`${stdout}${stderr}`).toContain('SUCCESS');
  });
});

/** What whoever is woken reads. */
const TEXTS: Readonly<Record<string, (namespace: string) => object>> = {
  Unhealthy: (namespace) => ({
    summary: `In ${namespace} no health check has found a recent successful triage pass for 25 minutes`,
    description: `kubectl -n ${namespace} get configmap mailroom-state -o jsonpath='{.data.state\\.json}' says when the last pass succeeded, and why the last one failed.`,
  }),
  DoesNotRun: (namespace) => ({
    summary: `In ${namespace} no triage pass has been started for 25 minutes`,
    description: `Is the CronJob suspended? kubectl -n ${namespace} get cronjob mailroom`,
  }),
};
