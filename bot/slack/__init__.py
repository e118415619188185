"""The bot in Slack: asked, followed, answered."""
