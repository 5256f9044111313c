import type { Installation } from './run-mailroom.ts';

/** Changes the state as if the last digest had been sent two days ago. */
export async function makeDigestDue(mailroom: Installation): Promise<void> {
  const state = await mailroom.readState();
  const toldAt = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000).toISOString();
  await mailroom.writeState(JSON.stringify({ ...state, digest: { ...state.digest, toldAt } }));
}
