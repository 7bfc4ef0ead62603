"""The model checker: the meaning of a protocol in; verdicts, evidence and reports out.

The language is the package `plait_spec`.  `__version__` is looked up when somebody asks: reading the metadata of
packages takes longer than checking a small model.
"""


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("plait")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
