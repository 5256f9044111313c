import type { LogEvent } from '../../src/log/events.ts';

type Kind = 'memory' | 'wire';

const BOTH: readonly Kind[] = ['memory', 'wire'];
const MEMORY: readonly Kind[] = ['memory'];
const WIRE: readonly Kind[] = ['wire'];
const DRY_RUN = 'a dry run: tests/unit/pass/dry-run.test.ts';

/** The histories that have to meet each log event; or where it is tested, if none of them can. */
const MET: Readonly<Record<LogEvent, readonly Kind[] | string>> = {
  run_started: WIRE,
  poll_complete: WIRE,
  poll_failed: WIRE,
  too_many_consecutive_failures: WIRE,
  startup_failed: WIRE,
  run_stopped: 'a signal: tests/e2e/signals.test.ts',
  unknown_setting: WIRE,
  state_unreadable: WIRE,
  state_write_failed: 'the state’s place: tests/e2e/outcomes.test.ts',
  state_of_other_account: 'another account: tests/e2e/other-account.test.ts',
  ping_failed: 'a monitoring service: tests/e2e/ping.test.ts',
  termination_message_failed: 'the place of a container: tests/unit/run/once.test.ts',
  request_retried: 'HTTP: tests/e2e/output.test.ts',
  proxy_ignored: 'HTTP: tests/unit/http/proxy.test.ts',
  clock_off: WIRE,
  discovery_done: 'debug: tests/unit/log/logger.test.ts',
  discovery_dropped: 'URLs that move: tests/contract/contact-store.test.ts',
  card_unreadable: 'odd cards: tests/contract/contact-store-faults.test.ts',
  card_lines_lost: 'odd cards: tests/contract/contact-store-faults.test.ts',
  address_book_unreadable: 'odd books: tests/contract/contact-store-faults.test.ts',
  duplicate_groups: 'groups of one name: tests/contract/contact-store.test.ts',
  sender_processing_failed: BOTH,
  email_missing_sender: MEMORY,
  conflict_detected: MEMORY,
  label_changed_meanwhile: BOTH,
  duplicate_contacts: MEMORY,
  name_mismatch_warning: BOTH,
  contact_upserted: BOTH,
  contact_note_failed: 'cards: tests/contract/contact-store-faults.test.ts',
  contact_removed: BOTH,
  contact_kept: BOTH,
  group_joined: BOTH,
  group_reassigned: BOTH,
  emails_swept: BOTH,
  error_label_set: BOTH,
  error_label_failed: MEMORY,
  triage_complete: BOTH,
  digest_sent: WIRE,
  digest_failed: 'tests/e2e/digest.test.ts',
  would_create_contact: DRY_RUN,
  would_update_contact: DRY_RUN,
  would_remove_contact: DRY_RUN,
  would_join_group: DRY_RUN,
  would_leave_group: DRY_RUN,
  would_sweep_emails: DRY_RUN,
  would_finish_emails: DRY_RUN,
  would_label_emails: DRY_RUN,
  would_warn_of_name: DRY_RUN,
  would_send_digest: DRY_RUN,
};

/** The log events that histories of this kind have to meet. */
export function eventsOf(kind: Kind): readonly string[] {
  return Object.entries(MET)
    .filter(([, met]) => typeof met !== 'string' && met.includes(kind))
    .map(([event]) => event);
}
