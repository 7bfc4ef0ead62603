"""The model checker: the meaning of a protocol in; verdicts, evidence and reports out.

The language is the package `plait_spec`.  The version stands here, for the packaging as well: to ask the installed
package for it takes longer than to check a small model.
"""

__version__ = "0.1.0"
