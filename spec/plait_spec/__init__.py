"""The language of plait: text of a protocol in, its meaning out.

Nothing here knows how a protocol is checked; that is the package `plait`.
"""
