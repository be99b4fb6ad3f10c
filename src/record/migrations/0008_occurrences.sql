-- What partners' systems are told of, in the order of the log of decisions: that something was decided, was decided
-- again, or that another rule set evaluates from there on. Only what tells which entry it is; what it says of itself is
-- the entry's leaf. `organisation` is who may be told, empty for everybody; `child` is a place in the referral, from 1.
-- All of it can be worked out again from the entries: the first start after this step does, and a verification.
CREATE TABLE occurrence (
    place BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    organisation TEXT NOT NULL,
    referral TEXT,
    child BIGINT
) /* keyed */;

CREATE INDEX occurrence_of_organisation ON occurrence (organisation, place);
CREATE INDEX occurrence_of_referral ON occurrence (referral);
