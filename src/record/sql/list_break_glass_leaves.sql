SELECT leaf FROM entry WHERE log = 'rules' AND leaf LIKE '%"kind":"break_glass_used"%' ORDER BY place DESC
