"""A value as one of a type: where it is outside of a range, the model errs."""

from __future__ import annotations

from plait.engines.symbolic.any_size.logic import FALSE, TRUE
from plait.engines.symbolic.any_size.scope import Noting
from plait.engines.symbolic.any_size.values import (
    FiniteValue,
    IdValue,
    MapValue,
    RecordValue,
    SetValue,
    Symbolic,
    filled,
)
from plait.engines.symbolic.any_size.vocabulary import Vocabulary
from plait_spec.diagnostics import Code
from plait_spec.source import Span
from plait_spec.types import MapType, OptionType, RangeType, RecordType, SeqType, SetType, Type


def fitted(noting: Noting, vocabulary: Vocabulary, value: Symbolic, type: Type, span: Span) -> Symbolic:
    """The value, in the form that places of the type have; what may be outside of its range is noted."""
    match value, type:
        case FiniteValue(cases), _ if _is_range(type):
            allowed = vocabulary.scalars(type, span)
            assert allowed is not None
            for scalar, when in cases:
                if scalar not in allowed:
                    noting.fault(when, Code.OUTSIDE_TYPE, span)
            return FiniteValue(tuple((scalar, when) for scalar, when in cases if scalar in allowed))
        case FiniteValue(((None, _),)), OptionType(of) if vocabulary.scalars(of, span) is None:
            sort = vocabulary.patterns(type, span)[1][0]
            return IdValue(getattr(sort, "sort", ""), (), lambda _: FALSE, TRUE)
        case RecordValue(fields), RecordType(_, wanted):
            parts = (fitted(noting, vocabulary, field, of, span) for field, (_, of) in zip(fields, wanted, strict=True))
            return RecordValue(tuple(parts))
        case MapValue(keys, at), MapType(_, of) if _has_range(of):
            for pattern in keys:  # the faults of its values
                variables, point = filled(pattern, vocabulary.names)
                with noting.under(TRUE, variables):
                    fitted(noting, vocabulary, at(point), of, span)
            return MapValue(keys, lambda point: noting.quietly(lambda: fitted(noting, vocabulary, at(point), of, span)))
        case SetValue((), has), SetType(of):
            return SetValue(vocabulary.patterns(of, span), has)
        case _:
            return value


def _is_range(type: Type) -> bool:
    return isinstance(type, RangeType) or (isinstance(type, OptionType) and isinstance(type.of, RangeType))


def _has_range(type: Type) -> bool:
    match type:
        case RangeType():
            return True
        case OptionType(of) | SeqType(of):
            return _has_range(of)
        case MapType(_, value):
            return _has_range(value)
        case RecordType(_, fields):
            return any(_has_range(of) for _, of in fields)
        case _:
            return False
