"""What everybody sees of the ledger: pages, tables with bars, lines over the years, and files."""
