SELECT leaf FROM entry WHERE log = 'decisions' AND leaf LIKE '%"kind":"api_key_%' ORDER BY place
