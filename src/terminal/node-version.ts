/** What `process` says about the Node that runs this program. */
export interface RunningNode {
  /** Like `v24.12.0`. */
  readonly version: string;
  readonly execPath: string;
}

/**
 * What is wrong when this Node is older than `engines` in package.json (like `>=24.12`) allows; null
 * when it is not. This file and what imports it at an entry's start have to load in such a Node.
 */
export function findNodeProblem(node: RunningNode, engines: string): string | null {
  const [major, minor] = parseVersion(node.version);
  const [neededMajor, neededMinor] = parseVersion(engines);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return null;
  return (
    `Mailroom needs Node ${neededMajor}.${neededMinor} or newer; this is Node ${major}.${minor} (${node.execPath}).\n` +
    'Install a newer one, or run it with npx in this folder after npm ci: it brings its own.\n'
  );
}

function parseVersion(text: string): readonly [major: number, minor: number] {
  const [, major = '0', minor = '0'] = /(\d+)(?:\.(\d+))?/.exec(text) || [];
  return [Number(major), Number(minor)];
}
