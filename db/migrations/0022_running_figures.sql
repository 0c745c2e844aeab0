-- A Stelle's own running figures: of each case the codes that are counted, sealed by the Stelle, all of
-- one length. Written with the search index; cases are taken in anew, as the list is looked at.
create table casework.tally (
    case_id uuid primary key references casework.case on delete cascade,
    stelle text not null,
    sealed bytea not null
);

alter table casework.log drop constraint log_act_check;
alter table casework.log add constraint log_act_check check (act in (
    'queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken', 'mandate_changed',
    'referral_proposed', 'referral_made', 'referral_settled', 'decided', 'consent_withdrawn',
    'assigned', 'reminder_set', 'conflict_set', 'conflict_lifted', 'notes_read', 'note_written',
    'record_changed', 'entry_written', 'incident_linked', 'incident_unlinked', 'incident_changed',
    'activity_counted', 'file_read', 'original_read', 'file_scanned',
    'report_taken', 'export_made', 'case_indexed', 'case_assigned', 'case_labelled',
    'case_kept', 'hold_set', 'hold_lifted', 'disposal_proposed', 'disposal_declined',
    'disposal_approved', 'erasure_granted', 'erasure_refused', 'case_erased',
    'case_compared', 'hint_dismissed', 'hint_reopened', 'pattern_read', 'masks_kept', 'taken_out',
    'figures_read'));
