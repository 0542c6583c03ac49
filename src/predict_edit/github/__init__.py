"""Everything that talks to GitHub and to the runner."""

from predict_edit.support import startup

# PyGithub imports them to sign as an app and to encrypt secrets. Neither is done here, and they
# take a seventh of the time until GitHub is asked.
startup.defer("jwt")
startup.defer("nacl.public")
