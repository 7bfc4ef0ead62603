"""Models as tests: *.plait files in, one pytest item per property out."""
