"""Stand-ins to try everything on: an offline GitHub and an offline model. Nothing here is real."""
