import type { Picture, Story } from '../support/torture-account.ts';
import { withTortureAccount } from '../support/torture-run.ts';
import { misplaced } from './same-end.ts';
import { requireNone } from './trials.ts';

/** A story, and its name at the beginning of a trial's. */
export interface Told {
  readonly what: string;
  readonly story: Story;
}

/** A story, and what one pass that nothing disturbs makes of it. */
export interface Undisturbed extends Told {
  readonly requestCount: number;
  readonly end: Picture;
}

/** Runs that one pass. Throws when it does not end as the story says. */
export async function readUndisturbed({ what, story }: Told): Promise<Undisturbed> {
  return withTortureAccount({ story }, async (world, mailroom) => {
    await mailroom.pass();
    const end = world.picture();
    requireNone([...misplaced(world.story, end), ...world.findHarm()]);
    return { what, story, requestCount: world.account.requests.length, end };
  });
}
