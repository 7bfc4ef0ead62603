"""Every proof of the symbolic engine once more, from its certificate.

A model of a file is confirmed as `plait prove --check` does it. A model that was changed after it was read has no text
that a certificate could be about: its facts are handed to the checker as they are.
"""

from __future__ import annotations

from pathlib import Path

from plait.certificates import PROVABLE, certified, holds, replies
from plait.engines.symbolic.engine import Proof
from plait.engines.symbolic.prove_tasks import Certify, Judged
from plait.limits import Limits, Progress
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import ground as grounded
from plait_spec.restrict import restrict


def unwatched(progress: Progress) -> None:
    """Nobody watches."""


def confirm(ground: Ground, proof: Proof) -> None:
    """Fails, or raises EngineBug, unless a fresh process confirms whatever holds."""
    if _is_as_written(ground):
        assert certified(ground, proof, (), Limits(), unwatched).finding == proof.finding
        return
    kinds = {one.name: one.kind for one in ground.model.properties}
    held = [one for one in proof.finding.decisions if holds(one) and kinds[one.property] in PROVABLE]
    if held:
        names, within = tuple(one.property for one in held), any(one.word == "holds within" for one in held)
        facts = _facts(ground, proof)
        job = Certify(ground, names, (), facts, proof.reachable, proof.longest, within, None)
        (judged,) = replies(job, Limits(), unwatched)
        assert isinstance(judged, Judged)
        assert judged.answer is None


def _is_as_written(ground: Ground) -> bool:
    model = ground.model
    path = Path(model.span.source.name)
    if not path.exists():
        return False
    written = (one for one in load(path) if (one.protocol, one.proposal) == (model.protocol, model.proposal))
    names = {one.name for one in model.properties}
    return any(grounded(restrict(one, names), dict(ground.parameters)) == ground for one in written)


def _facts(ground: Ground, proof: Proof) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """The `excluded` lines of a certificate, without words of the language."""
    from plait.engines.symbolic.certificate_words import Words
    from plait.engines.symbolic.encode import system_of
    from plait.engines.symbolic.reachable_values import reachable_values

    words = Words(system_of(ground, (), reachable_values(ground) if proof.reachable else None))
    lines = (
        tuple(f"{'' if literal > 0 else 'not '}{words.place(abs(literal) - 1)}" for literal in sorted(cube, key=abs))
        for cube in proof.cubes
    )
    return tuple(enumerate(lines, 1))
