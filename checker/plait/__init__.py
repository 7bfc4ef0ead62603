"""The model checker: the meaning of a protocol in; verdicts, evidence and reports out.

The language is the package `plait_spec`.
"""

from importlib.metadata import version

__version__ = version("plait")
