-- From here on the log of rules may say that a break-glass account was used. Nothing in the tables changes: the step is
-- there so that a program of before, which would call such an entry damage, does not go on beside one that enters it.
-- Later programs take entries of kinds that they do not know, so that the next kind needs no such step.
SELECT 1;
