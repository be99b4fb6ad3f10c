SELECT count(*) FILTER (WHERE respond_by < $1 AND standing IN ('open', 'reopened', 'awaiting_second_person')),
    count(*) FILTER (WHERE tell_by < $1), count(*) FILTER (WHERE answer_by < $1)
FROM referral
