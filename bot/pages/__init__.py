"""The pages for people who read: the list of incidents, one incident, its exports, live."""
