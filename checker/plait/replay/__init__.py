"""Choices of an engine into a Trace that people read, under the reference semantics alone.

    history     the run: states, outcomes, and what each step did on the way
    messages    every message from its sending to its end
    wording     names of lanes, places, steps and values, identities counted as they appear
    broken      which instance of the property broke, and the values that it read
    assemble    all of it as a `Trace`

Whatever does not replay, or does not show what it should, is an EngineBug.
"""

from plait.replay.assemble import replay
from plait.replay.history import history_of

__all__ = ["history_of", "replay"]
