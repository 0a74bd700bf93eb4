"""`cameras.csv` and the names of cameras, as people and spreadsheets write them."""
