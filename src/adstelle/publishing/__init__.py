"""How figures come about in the browser: one person drafts and sees, another one approves."""
