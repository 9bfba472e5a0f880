/**
 * The schema, step by step. Forward only: a step that has been released is never edited; what it got wrong, a later step mends.
 * Written in SQLite's words; `postgresSchema` translates the few that Postgres has others for.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE rooms (
    num INTEGER PRIMARY KEY,
    room_id TEXT NOT NULL UNIQUE,
    room_version TEXT NOT NULL,
    kind TEXT NOT NULL,
    guild INTEGER REFERENCES rooms (num),
    extremities TEXT NOT NULL
  ) STRICT;
  CREATE INDEX rooms_by_guild ON rooms (guild) WHERE guild IS NOT NULL;

  -- States by skip deltas (state-chain.ts). NULL as a reference is the empty state.
  CREATE TABLE states (
    num INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    parent INTEGER REFERENCES states (num),
    changes TEXT NOT NULL
  ) STRICT;

  CREATE TABLE events (
    num INTEGER PRIMARY KEY,
    room INTEGER NOT NULL REFERENCES rooms (num),
    event_id TEXT NOT NULL,
    depth INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    soft_failed INTEGER NOT NULL,
    redacted INTEGER NOT NULL,
    fault_rule TEXT,
    fault_detail TEXT,
    rank REAL NOT NULL,
    received_ts INTEGER NOT NULL,
    -- NULL: none
    void_before TEXT,
    state_base INTEGER REFERENCES events (num),
    -- NULL: what such an event changes by itself (a state event its own entry, another one nothing)
    state_delta TEXT,
    state INTEGER REFERENCES states (num),
    pdu TEXT NOT NULL,
    UNIQUE (room, event_id)
  ) STRICT;
  CREATE INDEX events_by_depth ON events (room, depth, event_id);
  CREATE INDEX events_soft_failed ON events (room, fault_rule, num) WHERE soft_failed = 1;

  -- AUTOINCREMENT: a position is never given out twice.
  CREATE TABLE stream (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    room INTEGER NOT NULL REFERENCES rooms (num),
    event INTEGER NOT NULL UNIQUE REFERENCES events (num)
  ) STRICT;
  CREATE INDEX stream_by_room ON stream (room, position);

  CREATE TABLE client_transactions (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    txn_id TEXT NOT NULL,
    event INTEGER NOT NULL REFERENCES events (num),
    PRIMARY KEY (user_id, device_id, txn_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outgoing (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL,
    event INTEGER NOT NULL REFERENCES events (num),
    UNIQUE (destination, event)
  ) STRICT;
  CREATE INDEX outgoing_by_destination ON outgoing (destination, sequence);

  CREATE TABLE destinations (
    destination TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    retry_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE inbound_transactions (
    origin TEXT NOT NULL,
    txn_id TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    response TEXT NOT NULL,
    received_ts INTEGER NOT NULL,
    PRIMARY KEY (origin, txn_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX inbound_by_time ON inbound_transactions (received_ts);

  CREATE TABLE accounts (
    user_id TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    created_ts INTEGER NOT NULL,
    deactivated INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE tokens (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES accounts (user_id),
    device_id TEXT NOT NULL,
    created_ts INTEGER NOT NULL,
    expires_ts INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tokens_by_user ON tokens (user_id);

  CREATE TABLE invite_codes (
    num INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    guild_id TEXT NOT NULL,
    creator TEXT NOT NULL,
    created_ts INTEGER NOT NULL,
    expires_ts INTEGER,
    max_uses INTEGER,
    uses INTEGER NOT NULL,
    revoked INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX invite_codes_by_guild ON invite_codes (guild_id);

  CREATE TABLE pending_invites (
    num INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    room_id TEXT NOT NULL,
    inviter TEXT NOT NULL,
    via TEXT NOT NULL,
    event TEXT NOT NULL,
    preview TEXT NOT NULL,
    received_ts INTEGER NOT NULL,
    UNIQUE (user_id, room_id)
  ) STRICT;

  CREATE TABLE media (
    server TEXT NOT NULL,
    media_id TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    file_name TEXT,
    uploader TEXT,
    created_ts INTEGER NOT NULL,
    PRIMARY KEY (server, media_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE key_values (
    space TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (space, key)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Keys, positions and sequences are counted here, so that they are known before the rows are written, and are never given out twice.
  CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO counters (name, value) SELECT 'rooms', coalesce(max(num), 0) FROM rooms;
  INSERT INTO counters (name, value) SELECT 'events', coalesce(max(num), 0) FROM events;
  INSERT INTO counters (name, value) SELECT 'states', coalesce(max(num), 0) FROM states;
  INSERT INTO counters (name, value) SELECT 'stream', coalesce(max(position), 0) FROM stream;
  INSERT INTO counters (name, value) SELECT 'outgoing', coalesce(max(sequence), 0) FROM outgoing;
  INSERT INTO counters (name, value) SELECT 'invite_codes', coalesce(max(num), 0) FROM invite_codes;
  INSERT INTO counters (name, value) SELECT 'pending_invites', coalesce(max(num), 0) FROM pending_invites;
  `,
  `
  -- Rows that were taken out of use. They are deleted later, by a step of its own.
  CREATE TABLE quarantine (
    num INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    content TEXT NOT NULL,
    since_ts INTEGER NOT NULL
  ) STRICT;
  INSERT INTO counters (name, value) VALUES ('quarantine', 0);
  `,
  `
  -- What is void before an event is a difference from what was void before void_base. Rows from before have no base: all of it was added.
  ALTER TABLE events RENAME COLUMN void_before TO void_added;
  ALTER TABLE events ADD COLUMN void_removed TEXT;
  ALTER TABLE events ADD COLUMN void_base INTEGER REFERENCES events (num);
  `,
  `
  CREATE TABLE devices (
    user_id TEXT NOT NULL REFERENCES accounts (user_id),
    device_id TEXT NOT NULL,
    display_name TEXT,
    created_ts INTEGER NOT NULL,
    last_seen_ts INTEGER,
    keys TEXT,
    PRIMARY KEY (user_id, device_id)
  ) STRICT, WITHOUT ROWID;

  -- A claimed key stays, so that its ID is never used again.
  CREATE TABLE one_time_keys (
    num INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    key_id TEXT NOT NULL,
    key TEXT NOT NULL,
    claimed INTEGER NOT NULL,
    UNIQUE (user_id, device_id, algorithm, key_id),
    FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, device_id)
  ) STRICT;
  CREATE INDEX one_time_keys_left ON one_time_keys (user_id, device_id, algorithm, num) WHERE claimed = 0;

  CREATE TABLE to_device (
    position INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    type TEXT NOT NULL,
    content TEXT NOT NULL,
    FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, device_id)
  ) STRICT;
  CREATE INDEX to_device_by_device ON to_device (user_id, device_id, position);
  INSERT INTO counters (name, value) VALUES ('one_time_keys', 0), ('to_device', 0);
  `,
];
