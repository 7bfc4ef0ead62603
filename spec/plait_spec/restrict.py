"""A model with some of its properties left out, and the monitors that only those needed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from plait_spec.core import Model


def restrict(model: Model, properties: Collection[str]) -> Model:
    """The model with only the named properties, in their order.

    Monitors are part of the state, so leaving some out can change the number of states, but no verdict.
    """
    kept = tuple(property for property in model.properties if property.name in properties)
    needed = {name for property in kept for name in property.monitors}
    return replace(
        model,
        properties=kept,
        monitors=tuple(monitor for monitor in model.monitors if monitor.variable in needed),
        variables=tuple(one for one in model.variables if one.kind != "monitor" or one.name in needed),
    )
