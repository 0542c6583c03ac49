"""Talks to the model: sign-in, requests, streams, limits, prices."""
