import { builtPrograms } from '../support/programs.ts';
import { runSetupJson, setupEnvironment } from '../support/run-setup.ts';
import { parseSetupRules } from '../support/server-rules.ts';

/** As a user does by hand what setup prints; setup has created what was missing. */
export async function makeRules(
  account: Parameters<typeof setupEnvironment>[0],
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { env, remove } = await setupEnvironment(account);
  const { report } = await runSetupJson(builtPrograms(), { ...env, ...settings }, '--apply');
  await remove();
  await account.setRules(parseSetupRules(report.rules));
}
