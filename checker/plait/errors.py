"""What can go wrong that is not a verdict: a job that cannot be done, and a bug of ours.

    PlaitError = JobError (the user can change it: an option, a limit, a tool that is missing) | EngineBug (we must)

What is wrong with a text is a `plait_spec.diagnostics.SpecError`; what is wrong with a model's run is a verdict.
"""


class PlaitError(Exception):
    """The root of what the tool raises."""


class JobError(PlaitError):
    """The job cannot be done as asked; the message says why and what to do."""


class EngineBug(PlaitError):  # noqa: N818 - the name says whose fault it is
    """Two parts of the tool disagree: never a verdict, always ours to repair."""
