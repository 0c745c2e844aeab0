-- Everything that the log of a case knows, in one place.
alter table casework.log drop constraint log_act_check;
alter table casework.log add constraint log_act_check check (act in (
    'queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken', 'mandate_changed',
    'referral_proposed', 'referral_made', 'referral_settled', 'decided', 'consent_withdrawn',
    'assigned', 'reminder_set', 'conflict_set', 'conflict_lifted', 'notes_read', 'note_written',
    'record_changed', 'entry_written', 'incident_linked', 'incident_unlinked', 'incident_changed',
    'activity_counted', 'file_read', 'original_read', 'file_scanned',
    'report_taken', 'export_made', 'case_indexed', 'case_assigned', 'case_labelled',
    'case_kept', 'hold_set', 'hold_lifted', 'disposal_proposed', 'disposal_declined',
    'disposal_approved', 'erasure_granted', 'erasure_refused', 'case_erased'));
