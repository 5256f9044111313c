import { closeSync, existsSync, openSync, writeSync } from 'node:fs';

/** Where Kubernetes reads why a container ended (terminationMessagePath); absent elsewhere. */
const TERMINATION_LOG = '/dev/termination-log';

/**
 * Does nothing where there is no such place. Throws what node:fs throws where it cannot be written.
 */
export function writeTerminationMessage(text: string): void {
  // Not created where it is missing: that would leave a file on somebody's own machine.
  if (!existsSync(TERMINATION_LOG)) return;
  const file = openSync(TERMINATION_LOG, 'r+');
  writeSync(file, text);
  closeSync(file);
}
