/** Every event that a log line may name. Alerts and dashboards are built on these names. */
export type LogEvent =
  // A run
  | 'run_started'
  | 'poll_complete'
  | 'poll_failed'
  | 'too_many_consecutive_failures'
  | 'startup_failed'
  | 'run_stopped'
  | 'unknown_setting'
  // Its state
  | 'state_unreadable'
  | 'state_write_failed'
  | 'state_of_other_account'
  | 'ping_failed'
  | 'termination_message_failed'
  // Its servers
  | 'request_retried'
  | 'discovery_done'
  | 'discovery_dropped'
  | 'card_unreadable'
  | 'duplicate_groups'
  // Senders
  | 'sender_processing_failed'
  | 'email_missing_sender'
  | 'conflict_detected'
  | 'label_changed_meanwhile'
  | 'duplicate_contacts'
  | 'name_mismatch_warning'
  | 'contact_upserted'
  | 'group_joined'
  | 'group_reassigned'
  | 'emails_swept'
  | 'error_label_set'
  | 'error_label_failed'
  | 'triage_complete'
  // The digest
  | 'digest_sent'
  | 'digest_failed'
  // A dry run
  | 'would_create_contact'
  | 'would_update_contact'
  | 'would_join_group'
  | 'would_leave_group'
  | 'would_sweep_emails'
  | 'would_finish_emails'
  | 'would_label_emails'
  | 'would_warn_of_name'
  | 'would_send_digest';
