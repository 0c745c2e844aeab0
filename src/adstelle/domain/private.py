"""Values that hold what a person wrote never show themselves."""

import msgspec


class Private(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything personal: its ``repr`` names the class and nothing else."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} withheld>"

    __str__ = __repr__
