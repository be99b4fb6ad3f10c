-- Keyed hashes, so that whoever can write here but has not the key file enters nothing that is believed.
-- `mac` of an entry is over its log, place and leaf; entries of before this step have none, and the setting
-- `keyed entries` says from which on each has one. `mac` of a session and of an API key is over all else in its row, and
-- their `hash` is keyed too. Sessions of before are over; API keys of before become keyed at the first start.
ALTER TABLE entry ADD COLUMN mac BYTEA;
ALTER TABLE session ADD COLUMN mac BYTEA;
ALTER TABLE api_key ADD COLUMN mac BYTEA;
DELETE FROM session;

-- `peaks` is what `frontier` was: a program of before that still runs, and keys no entry, appends nothing any more.
ALTER TABLE log RENAME COLUMN frontier TO peaks;
