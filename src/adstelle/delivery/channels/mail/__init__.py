"""Mails without content: something new waits for a Stelle; a delivery needs the operator."""
