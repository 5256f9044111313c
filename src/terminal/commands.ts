import type { CommandForm } from './command-line.ts';

/* How each command is called, and what `--help` prints. */

const SETTINGS_NOTE = `Settings are environment variables, MAILROOM_...; outside a cluster also those in the file .env of
the current folder. Variables that are set win over it. .github/REFERENCE.md has them all.`;

const PASS_USAGE = `Usage: npx mailroom pass [--dry-run] [--only ADDRESS] [--format text] [--verbose]
   or: npx tsx src/run-once.ts [--dry-run] ...

One triage pass over the account of the settings, then exits.

  --dry-run   read everything, write nothing anywhere, log each action as would_...
  --only ADDRESS
              a pass for this sender alone; may be given more than once
  --format text
              say what was done, for a person, as on a terminal; otherwise a pipe gets the log
  --verbose   with it, all log lines go to standard error; without, only warnings and errors, and
              on the same screen only those that the table does not tell anyway
  -h, --help  show this text
  --version   show the version

Exit codes: 0 done, stopped by a signal, or a failure that may pass by itself; 1 a person has to act
(settings, credentials, something missing in the account, the very first pass), or too many passes in
a row have failed.

${SETTINGS_NOTE}
MAILROOM_JMAP_TOKEN, MAILROOM_CARDDAV_USERNAME and MAILROOM_CARDDAV_PASSWORD are required.
`;

const SETUP_USAGE = `Usage: npx mailroom setup [--apply] [--json] [--rules]
   or: npx tsx src/setup.ts [--apply] [--json] [--rules]

Compares the account of the settings with what a triage pass needs: credentials, mailboxes, triage
labels, contact groups, state. Then prints the rules to make by hand in Fastmail. Nothing is written
without --apply.

  --apply     create the mailboxes, labels and contact groups that are missing, and nothing else
  --json      print one JSON object, for programs
  --rules     print the rules to make by hand even if something failed
  -h, --help  show this text
  --version   show the version

Exit codes: 0 all is there; 1 something is missing or failed.

To begin, put these three into a file .env (cp .env.example .env):

  MAILROOM_JMAP_TOKEN         Fastmail: Settings > Privacy & Security > Manage API tokens >
                              New API token; scope "Email", not read-only
  MAILROOM_CARDDAV_USERNAME   the address with which you log in to Fastmail
  MAILROOM_CARDDAV_PASSWORD   Settings > Privacy & Security > Manage app passwords and access >
                              New app password; access to contacts (CardDAV)

then look, create, and look again: run it without --apply, with it, and without.

${SETTINGS_NOTE}
`;

const STATUS_USAGE = `Usage: npx mailroom status [--stdin] [--json]
   or: npx tsx src/status.ts [--stdin] [--json]

Whether the last passes went well: three lines on a terminal, one line of JSON in a pipe.

  --stdin     judge what is piped in, a state.json or its ConfigMap as JSON:
              kubectl -n mailroom get configmap mailroom-state -o json | npx tsx src/status.ts --stdin
  --json      the line of JSON on a terminal too
  -h, --help  show this text
  --version   show the version

Exit codes: 0 healthy; 1 unhealthy, or it cannot be found out.

Without --stdin it reads the state where a pass keeps it: MAILROOM_STATE_FILE, or the ConfigMap when
it runs in a cluster.

${SETTINGS_NOTE}
`;

const WHY_USAGE = `Usage: npx mailroom why [ADDRESS] [--since 7d] [--json]
   or: npx tsx src/why.ts [ADDRESS] [--since 7d] [--json]

With an address: where the next email of this sender goes and why, its contacts, groups and
decisions, how many of its emails are where, and what a pass would do now. Without one: all
decisions, newest first. Reads only.

  --since 7d  decisions of the last 7 days (4w: of 4 weeks)
  --json      print JSON, for programs
  -h, --help  show this text
  --version   show the version

Exit codes: 0 there is an answer, also for an unknown sender; 1 there is none, and the reason is on
standard error.

${SETTINGS_NOTE}
`;

/** All commands. */
export const COMMANDS = {
  pass: {
    usage: PASS_USAGE,
    flags: ['dry-run', 'verbose'],
    values: ['only', 'format'],
    choices: { format: ['text'] },
  },
  setup: { usage: SETUP_USAGE, flags: ['apply', 'json', 'rules'] },
  status: { usage: STATUS_USAGE, flags: ['stdin', 'json'] },
  why: { usage: WHY_USAGE, flags: ['json'], values: ['since'], mostPositionals: 1 },
} as const satisfies Readonly<Record<string, CommandForm>>;
