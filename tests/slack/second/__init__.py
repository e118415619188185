"""A second opinion about Slack's wire: our bot, unchanged, against a stand-in that others wrote."""
