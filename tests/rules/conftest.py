"""The models here are read by `tests/test_rules.py`: what they must show is more than what they expect."""

collect_ignore_glob = ["*.plait"]
