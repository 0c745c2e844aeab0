"""From count cards to a protected publication: counted, protected, audited. No database here."""
