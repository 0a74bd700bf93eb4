"""What a herd looks like on paper and on screen: tables, figures, crops and the HTML report.

Pages, notebooks and the report share `tables` (questions to the workspace) and `figures` (one
function per figure).
"""
