"""Whether the settings of every `expect with` are values that the parameters can have.

    check_settings(model)     raises SpecError with all that are not

A setting is looked at with the others at their first and at their last values, and with what is not set at its
default: ranges of parameters may depend on each other.
"""

from __future__ import annotations

from collections.abc import Mapping

from plait.parameters import Scalar, assign, setting_ends
from plait_spec.core import Model, ParameterDecl, Setting
from plait_spec.diagnostics import Code, Diagnostic, Label, SpecError
from plait_spec.domain_of import bound_of
from plait_spec.types import RangeType


def check_settings(model: Model) -> None:
    """Raises SpecError where an `expect with` names values that its parameters cannot have."""
    declared = {parameter.name: parameter for parameter in model.parameters}
    found: list[Diagnostic] = []
    for expectation in model.expectations:
        ends = {setting.name: setting_ends(model, setting) for setting in expectation.settings}
        for setting in expectation.settings:
            wrong = _wrong(model, declared[setting.name], setting, ends)
            if wrong is not None:
                found.append(wrong)
    if found:
        raise SpecError(*found)


def _wrong(
    model: Model, parameter: ParameterDecl, setting: Setting, ends: Mapping[str, tuple[Scalar, Scalar]]
) -> Diagnostic | None:
    first, last = ends[setting.name]
    if not isinstance(parameter.type, RangeType) or not isinstance(first, int) or not isinstance(last, int):
        return None
    if first > last:
        help = "the smaller number stands first"
        return Diagnostic(Code.EMPTY_RANGE, f"the range {first}..{last} is empty", Label(setting.span), help=help)
    for side, value in enumerate((first, last)):
        known = dict(assign(model, {name: values[side] for name, values in ends.items()}))
        lo, hi = bound_of(parameter.type.lo, known), bound_of(parameter.type.hi, known)
        if not lo <= value <= hi:
            message = f"the parameter `{parameter.name}` cannot be {value}"
            help = f"it is a number of {lo}..{hi}"
            return Diagnostic(Code.PARAMETER_OUTSIDE_TYPE, message, Label(setting.span), help=help)
    return None
