"""The central server: accounts, grants, the merge and the feed.

`local.LocalServer` answers a path, a token and a request; `app` puts HTTP around it and `serve` a process.
Handlers are plain functions of a transaction, a caller, a request and a clock.
"""
