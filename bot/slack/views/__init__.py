"""What is said in Slack: a check's story → messages within Slack's limits (pure; law 7).

A view is a function: what is to be told, and for whom, in; a Post, a Dialog or Attachments out.
Words come from the catalogs (law 10). Where a channel's detail is "roles", no address, host name,
port, command, output or code is in anything that a view makes (tests/slack/test_views_roles.py).
"""
