"""`report.html`: one page about one run that needs nothing else. Its pictures are drawn by the scripts in `assets`."""
