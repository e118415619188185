"""The record: what was asked, heard, sent and judged, on disk before it is acknowledged."""
