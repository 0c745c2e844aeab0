"""Tables that others have published: whether they add up, and what may be shown of them here.

`tables` reads a file, `sums` checks it, `protecting` makes protected releases of it; `cli` and
`making` are the commands. docs/published-tables.md describes the format.
"""
