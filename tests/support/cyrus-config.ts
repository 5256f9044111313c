import type { JmapLimits, ServerOptions } from './test-account.ts';

export interface CyrusOptions extends ServerOptions {
  /** Without the search index every text filter of Email/query fails with serverFail. Default true. */
  readonly hasSearchIndex?: boolean;
}

/** imapd.conf(5): JMAP and CardDAV for users of a password file, everything in the one folder. */
export function imapdConf(folder: string, owner: string, options: CyrusOptions): string {
  const { limits = {}, hasSearchIndex = true } = options;
  return [
    `configdirectory: ${folder}/conf`,
    `proc_path: ${folder}/proc`,
    `mboxname_lockpath: ${folder}/lock`,
    'defaultpartition: default',
    `partition-default: ${folder}/spool`,
    'servername: localhost',
    'admins: admin',
    `cyrus_user: ${owner}`,
    'allowplaintext: yes',
    'sasl_pwcheck_method: auxprop',
    'sasl_auxprop_plugin: sasldb',
    `sasl_sasldb_path: ${folder}/sasldb2`,
    'sasl_mech_list: PLAIN',
    'altnamespace: yes',
    'unixhierarchysep: yes',
    'virtdomains: userid',
    'autocreate_quota: 0',
    'autocreate_inbox_folders: Archive|Drafts|Sent|Spam|Trash',
    'autocreate_subscribe_folders: Archive|Drafts|Sent|Spam|Trash',
    'xlist-archive: Archive',
    'xlist-drafts: Drafts',
    'xlist-sent: Sent',
    'xlist-junk: Spam',
    'xlist-trash: Trash',
    'httpmodules: carddav jmap',
    'jmap_nonstandard_extensions: yes',
    `http_jwt_key_dir: ${folder}/jwt`,
    'conversations: yes',
    `sievedir: ${folder}/sieve`,
    'conversations_db: twoskip',
    `lmtpsocket: ${folder}/socket/lmtp`,
    `idlesocket: ${folder}/socket/idle`,
    `notifysocket: ${folder}/socket/notify`,
    'duplicatesuppression: no',
    'skiplist_unsafe: 1',
    'twoskip_unsafe: 1',
    'umask: 077',
    // The newest Cyrus asks it at every request whether mail may be sent; nothing here sends any.
    'sendmail: /bin/false',
    ...(hasSearchIndex
      ? [
          'search_engine: xapian',
          'search_index_headers: no',
          'search_batchsize: 500',
          'defaultsearchtier: t1',
          `t1searchpartition-default: ${folder}/search`,
          'sync_log: yes',
          'sync_log_channels: squatter',
        ]
      : []),
    ...limitLines(limits),
    '',
  ].join('\n');
}

function limitLines(limits: Partial<JmapLimits>): readonly string[] {
  const lines: string[] = [];
  const add = (name: string, value: number | undefined): void => {
    if (value !== undefined) lines.push(`${name}: ${value}`);
  };
  add('jmap_max_objects_in_get', limits.maxObjectsInGet);
  add('jmap_max_objects_in_set', limits.maxObjectsInSet);
  add('jmap_max_calls_in_request', limits.maxCallsInRequest);
  add('jmap_max_concurrent_requests', limits.maxConcurrentRequests);
  if (limits.maxSizeRequest !== undefined) {
    add('jmap_max_size_request', Math.ceil(limits.maxSizeRequest / 1024));
  }
  return lines;
}

/** cyrus.conf(5): HTTP on loopback, IMAP and LMTP on sockets, the search index kept up to date. */
export function cyrusConf(
  folder: string,
  port: number,
  { hasSearchIndex = true }: CyrusOptions,
): string {
  const config = `-C ${folder}/imapd.conf`;
  return [
    'START {',
    `  recover cmd="ctl_cyrusdb ${config} -r"`,
    '}',
    'SERVICES {',
    `  http cmd="httpd ${config} -U 1000" listen="127.0.0.1:${port}" proto="tcp4" prefork=1 maxchild=250`,
    `  lmtp cmd="lmtpd ${config} -a" listen="${folder}/socket/lmtp" prefork=0 maxchild=5`,
    `  imap cmd="imapd ${config}" listen="${folder}/socket/imap" prefork=0 maxchild=10`,
    '}',
    'DAEMON {',
    ...(hasSearchIndex ? [`  squatter cmd="squatter ${config} -R -d"`] : []),
    '}',
    '',
  ].join('\n');
}
