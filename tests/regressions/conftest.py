"""The models here are kept for `tests/test_agreement.py`; what they expect is only that the engines agree."""

collect_ignore_glob = ["*.plait"]
