"""Grafana Alerting's webhook (pure): Alertmanager's form with more in it, of which we need none.

Source: grafana.com/docs, "Configure webhook notifications", 9.5 to 13. Only alerts are read: the
delivery's own `title`, `state` and `message` sum them up.
"""

from __future__ import annotations

from bot.webhooks.alertmanager import read

__all__ = ["read"]
