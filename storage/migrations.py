"""The schema's history, numbered: each entry is applied once, in order, and never edited.

Pure data; `storage.database` applies it. Times are epoch seconds on the checker's clock.
`events` is append-only, and a trigger of the database itself holds that.
"""

from __future__ import annotations

RECORD = """
CREATE TABLE incidents (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  pair_id TEXT NOT NULL,
  near TEXT NOT NULL,
  far TEXT NOT NULL,
  asked INTEGER NOT NULL,           -- opened by a person's question, not by a failed job
  state TEXT NOT NULL CHECK (state IN ('open', 'diagnosed', 'closed')),
  opened REAL NOT NULL,
  closed REAL,
  cause TEXT
) STRICT;
CREATE INDEX open_incidents ON incidents (pair_id) WHERE state != 'closed';

CREATE TABLE checks (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  incident_id TEXT NOT NULL REFERENCES incidents (id),
  pair_id TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'stopped', 'interrupted')),
  started REAL NOT NULL,
  ended REAL,
  context TEXT NOT NULL
) STRICT;
CREATE INDEX checks_of_incident ON checks (incident_id);

CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at REAL NOT NULL,
  incident_id TEXT NOT NULL REFERENCES incidents (id),
  check_id TEXT REFERENCES checks (id),
  kind TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_check ON events (check_id, kind);
CREATE INDEX events_of_incident ON events (incident_id, kind);
CREATE TRIGGER events_stay BEFORE UPDATE ON events
  BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_are_kept BEFORE DELETE ON events
  BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

CREATE TABLE observations (
  number INTEGER PRIMARY KEY,
  check_id TEXT NOT NULL REFERENCES checks (id),
  id TEXT NOT NULL,
  probe TEXT NOT NULL,
  plan TEXT NOT NULL,
  phase TEXT NOT NULL,
  source TEXT NOT NULL,
  target TEXT,
  started REAL NOT NULL,
  seconds REAL NOT NULL,
  end TEXT NOT NULL,
  exit_status INTEGER,
  raw TEXT NOT NULL,                -- the whole of it, as storage.codec writes it
  UNIQUE (check_id, id)
) STRICT;

CREATE TABLE verdicts (
  number INTEGER PRIMARY KEY,
  check_id TEXT NOT NULL REFERENCES checks (id),
  at REAL NOT NULL,
  document TEXT NOT NULL
) STRICT;
CREATE INDEX verdicts_of_check ON verdicts (check_id);
"""

SENDING = """
CREATE TABLE leases (
  pair_id TEXT PRIMARY KEY,         -- one check of a pair runs at a time, over all processes
  check_id TEXT NOT NULL REFERENCES checks (id),
  holder TEXT NOT NULL,
  expires REAL NOT NULL
) STRICT;

CREATE TABLE consents (
  number INTEGER PRIMARY KEY,
  check_id TEXT NOT NULL REFERENCES checks (id),
  who TEXT NOT NULL,
  how TEXT NOT NULL,
  at REAL NOT NULL
) STRICT;

CREATE TABLE triggers (
  number INTEGER PRIMARY KEY,
  check_id TEXT NOT NULL REFERENCES checks (id),
  pair_id TEXT NOT NULL,
  plan TEXT NOT NULL,
  what TEXT NOT NULL,
  at REAL NOT NULL,
  by_person INTEGER NOT NULL
) STRICT;
CREATE INDEX triggers_of_pair ON triggers (pair_id, at);
"""

TALKING = """
ALTER TABLE checks ADD COLUMN request_key TEXT;  -- what asked for it, once: a redelivery finds it
ALTER TABLE checks ADD COLUMN asked TEXT;        -- where it was asked, and how to answer there
CREATE UNIQUE INDEX checks_by_request ON checks (request_key) WHERE request_key IS NOT NULL;
ALTER TABLE leases ADD COLUMN stop_asked_by TEXT;
ALTER TABLE incidents ADD COLUMN acknowledged REAL;
ALTER TABLE incidents ADD COLUMN acknowledged_by TEXT;
ALTER TABLE incidents ADD COLUMN closed_by TEXT;

CREATE TABLE inbox (
  number INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,         -- the same thing asked twice has the same key
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  at REAL NOT NULL,
  done REAL,
  answer TEXT
) STRICT;
CREATE INDEX inbox_undone ON inbox (number) WHERE done IS NULL;

CREATE TABLE outbox (
  number INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,         -- the same thing said twice has the same key
  kind TEXT NOT NULL CHECK (kind IN ('post', 'edit', 'file')),
  channel TEXT NOT NULL,
  thread_key TEXT,                  -- the post in whose thread it stands, by key …
  thread_ts TEXT,                   -- … or by Slack's own name for it
  of_key TEXT,                      -- an edit: of which post
  body TEXT NOT NULL,
  content BLOB,
  created REAL NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'given-up', 'superseded')),
  attempts INTEGER NOT NULL,
  unsure INTEGER NOT NULL,          -- an attempt ended without an answer: look before repeating
  error TEXT,
  ended REAL,
  ts TEXT,                          -- Slack's name for the message
  file_id TEXT                      -- a file: Slack's name for the upload that is to be shown
) STRICT;
CREATE INDEX outbox_waiting ON outbox (channel, number) WHERE state = 'waiting';

CREATE TABLE freezes (
  number INTEGER PRIMARY KEY,
  site TEXT,                        -- null: every site
  frozen REAL NOT NULL,
  frozen_by TEXT NOT NULL,
  lifted REAL,
  lifted_by TEXT
) STRICT;

CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  who TEXT NOT NULL,
  place TEXT NOT NULL,
  what TEXT NOT NULL,
  outcome TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
"""

JOBS = """
DROP INDEX open_incidents;
ALTER TABLE incidents ADD COLUMN stage TEXT NOT NULL DEFAULT 'open' CHECK (stage IN
  ('open', 'checking', 'diagnosed', 'acknowledged', 'recovering', 'closed'));
UPDATE incidents SET stage = CASE
  WHEN state != 'closed' AND acknowledged IS NOT NULL THEN 'acknowledged' ELSE state END;
ALTER TABLE incidents DROP COLUMN state;
ALTER TABLE incidents RENAME COLUMN stage TO state;
CREATE INDEX open_incidents ON incidents (pair_id) WHERE state != 'closed';
CREATE INDEX closed_incidents ON incidents (pair_id, closed) WHERE state = 'closed';
ALTER TABLE incidents ADD COLUMN severity TEXT CHECK (severity IN ('minor', 'major', 'critical'));
ALTER TABLE incidents ADD COLUMN channel TEXT;
ALTER TABLE incidents ADD COLUMN last_failed REAL;   -- when the newest of its failures happened
ALTER TABLE incidents ADD COLUMN recovering REAL;    -- since when what was blocked passes again
ALTER TABLE incidents ADD COLUMN closed_how TEXT CHECK (closed_how IN ('job', 'check', 'person'));
ALTER TABLE incidents ADD COLUMN closed_ref TEXT;    -- the event or the check that closed it
UPDATE incidents SET closed_how = CASE WHEN closed_by IS NULL THEN 'check' ELSE 'person' END
  WHERE state = 'closed';

CREATE TABLE jobs (
  number INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,         -- the same event heard twice has the same key
  hook TEXT NOT NULL,
  pair_id TEXT,                     -- null: no rule of the hook matched
  incident_id TEXT REFERENCES incidents (id),
  job TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('failed', 'succeeded', 'running', 'resolved', 'missed')),
  at REAL NOT NULL,                 -- when it happened, as far as the sender said
  began REAL NOT NULL,              -- when the job began, or else `at`
  received REAL NOT NULL,
  fingerprint TEXT NOT NULL,
  body TEXT NOT NULL,
  message TEXT NOT NULL,            -- the job's log text: evidence
  raw TEXT NOT NULL                 -- what the sender said, whole
) STRICT;
CREATE INDEX jobs_of_incident ON jobs (incident_id, fingerprint) WHERE incident_id IS NOT NULL;
CREATE INDEX good_copies ON jobs (pair_id, at) WHERE status = 'succeeded';
CREATE INDEX unmatched_jobs ON jobs (number) WHERE pair_id IS NULL;
"""

# What people search (storage/search.py): the words of every event, and of what it brought.
SEARCH = """
CREATE VIRTUAL TABLE search USING fts5 (
  words, content = '', detail = none, columnsize = 0,
  tokenize = "unicode61 remove_diacritics 0 tokenchars '.'"  -- an address is one word
);
CREATE VIEW searchable AS
  SELECT events.seq, incidents.number << 32 | events.seq AS place, replace(CASE events.kind
    WHEN 'observed' THEN (
      SELECT o.probe || ' ' || o.source || ' ' || coalesce(o.target, '') || ' ' || coalesce(
        (SELECT group_concat(value, ' ') FROM json_each(o.raw, '$.transcript.lines')), '')
      FROM observations o
      WHERE o.check_id = events.check_id AND o.id = json_extract(events.body, '$.id'))
    ELSE incidents.id || ' ' || incidents.near || ' ' || incidents.far || ' ' || coalesce(
        (SELECT group_concat(atom, ' ') FROM json_tree(events.body) WHERE atom IS NOT NULL), '')
    END || ' ' || CASE events.kind WHEN 'verdict' THEN coalesce((
        SELECT json_extract(document, '$.summary') FROM verdicts
        WHERE check_id = events.check_id ORDER BY number DESC LIMIT 1), '')
      WHEN 'job-event' THEN coalesce((SELECT job || ' ' || message FROM jobs
        WHERE number = substr(json_extract(events.body, '$.event'), 2) + 0), '') ELSE '' END
    || ' ', '. ', ' ') AS words
  FROM events JOIN incidents ON incidents.id = events.incident_id
  WHERE events.kind NOT IN ('tools', 'context', 'plan-started', 'plan-ended');
INSERT INTO search (rowid, words) SELECT place, words FROM searchable ORDER BY place;
CREATE TRIGGER events_are_searched AFTER INSERT ON events BEGIN
  INSERT INTO search (rowid, words) SELECT place, words FROM searchable WHERE seq = NEW.seq;
END;
"""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    ("0001-record", RECORD),
    ("0002-sending", SENDING),
    ("0003-talking", TALKING),
    ("0004-jobs", JOBS),
    ("0005-search", SEARCH),
)
