"""What was ever published about the cases: one ledger, append-only, each entry chained to the last.

`publication` reads a file, `tables` lays its cells out, `rules` says what may follow what,
`checking` asks the auditor about everything together, `service` appends, `chain` links and
verifies; `publish` and `ledger` are the operator's commands.
"""
