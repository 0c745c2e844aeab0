"""Figures of several cities together, without anybody sharing a count card (docs/federation.md).

`combining` adds up what cities have published: nothing new becomes known. `sharing` adds up what
they have not, so that nobody sees another's count; `land` decides which of those sums may be shown
and what each city objects to. `combine` is the command.
"""
