SANER = {}
