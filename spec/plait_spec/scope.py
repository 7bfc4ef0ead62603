"""What the names of one protocol or proposal mean."""

from plait_spec.diagnostics import Sink
from plait_spec.proposals import Flat


class Scope:
    """The tables of names."""

    def __init__(self, flat: Flat, sink: Sink) -> None:
        self.flat, self.sink = flat, sink
