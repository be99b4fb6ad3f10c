-- Who is still to be told, and who is still to be answered, for lists; worked out from the entries like the rest of the
-- row. `tell_by`: when the referrer or the family is to be told at the latest. `answer_by`: when the stage of a
-- disagreement is to be answered. `disagreement`: where it stands.
ALTER TABLE referral ADD COLUMN tell_by BIGINT;
ALTER TABLE referral ADD COLUMN answer_by BIGINT;
ALTER TABLE referral ADD COLUMN disagreement TEXT;

CREATE INDEX referral_to_tell ON referral (tell_by, id) WHERE tell_by IS NOT NULL;
CREATE INDEX referral_disagreed ON referral (disagreement, answer_by, id) WHERE disagreement IS NOT NULL;
