"""Engines: each takes a ground model and hands back choices and counts; none knows another."""
