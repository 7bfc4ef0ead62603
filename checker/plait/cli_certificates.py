"""Files of certificates: written for what was proved; and `plait prove PATH... --check FILE`, each judged afresh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from plait.engines.symbolic.certificate import ANY_SIZE, Certificate, loads_all
from plait.errors import JobError
from plait.limits import Limits
from plait.reports.proof_text import check_text
from plait.reports.prove_result import CertificateCheck, ProveResult
from plait.reports.result import Exit, Problem, exit_of
from plait_spec.diagnostics import SpecError, printable


def write_certificates(path: Path, texts: Sequence[str]) -> None:
    """The certificates one after another, if there are any."""
    from plait.evidence import write_text

    if texts:
        write_text(path, "\n".join(texts))
    else:
        path.unlink(missing_ok=True)  # an older one would be taken for what was proved now
        click.echo("there is no certificate to write", err=True)


def check_certificates(paths: Sequence[str], file: Path, limits: Limits, say: Callable[[str], None]) -> ProveResult:
    """What is said of each certificate of a file, about the models at these paths. `say` prints it as text."""
    from plait.session import find, problem_of, text_problems

    certificates = loads_all(_read(file), str(file))
    models = find(paths)
    checks: list[CertificateCheck] = []
    problems: list[Problem] = []
    interrupted = False
    for certificate in certificates:
        try:
            found = _check(_model_of(certificate, models, str(file)), certificate, str(file), limits)
        except SpecError as error:
            problems += text_problems(error)
        except JobError as error:
            problems.append(problem_of(str(file), error))
        except KeyboardInterrupt:
            interrupted = True
            break
        else:
            say(check_text(found))
            checks.append(found)
    if len(certificates) > 1:
        proved = sum(one.answer == "proved" for one in checks)
        say(f"{proved} of {len(certificates)} certificates prove what they say\n")
    trouble = exit_of(tuple(problems), interrupted=interrupted)
    return ProveResult((), tuple(checks), tuple(problems), interrupted, _code(checks) if trouble is None else trouble)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise JobError(f"{printable(str(file))}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise JobError(f"{printable(str(file))}: this is not UTF-8 text") from None


def _model_of(certificate: Certificate, models: Sequence[str], name: str) -> Path:
    """The file that a certificate is about: the one that was named, or of several the one that is called so."""
    if len(models) == 1:
        return Path(models[0])
    wanted = certificate.head.file
    called = [model for model in models if Path(model).name == wanted]
    if len(called) != 1:
        many = "none" if not called else f"{len(called)}"
        raise JobError(f"{name}: it is about {wanted}, and {many} of the files is called so; name the file as PATH")
    return Path(called[0])


def _check(path: Path, certificate: Certificate, name: str, limits: Limits) -> CertificateCheck:
    from plait import certificates, proving_any_size
    from plait.proving_report import any_size_check_of, check_of, undecided_check

    if certificate.head.verdict in ANY_SIZE:
        return any_size_check_of(certificate.head, proving_any_size.check(path, certificate, name, limits))
    try:
        found = certificates.check(path, certificate, name, limits)
    except certificates.NotDecided as reason:
        return undecided_check(certificate.head, str(reason))
    return check_of(certificate.head, found.judged, found.ground)


def _code(checks: Sequence[CertificateCheck]) -> Exit:
    answers = {one.answer for one in checks}
    if "refused" in answers:
        return Exit.NOT_MET
    return Exit.OPEN if "not decided" in answers else Exit.MET
