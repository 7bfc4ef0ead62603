"""The models here are wrong on purpose: `tests/test_errors.py` reads them, nobody checks them."""

collect_ignore_glob = ["*.plait"]
