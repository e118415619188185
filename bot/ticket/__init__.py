"""The ticket for whoever owns the device that blocks: one page that can be found and checked on
their side, and an appendix that every statement of it can be taken back to."""

from bot.ticket.make import ticket
from bot.ticket.model import Section, Statement, Ticket

__all__ = ["Section", "Statement", "Ticket", "ticket"]
