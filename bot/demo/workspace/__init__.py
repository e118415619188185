"""A stand-in for Slack on loopback, as strict as Slack, that can misbehave on request.

`state.Workspace` holds what a workspace holds, `server.start` opens it to an app (the Web API,
Socket Mode, signed HTTP) and to people (the page and its API). What it keeps to was measured on
the wire or is documented by Slack; where the source is memory only, the place says so.
"""
