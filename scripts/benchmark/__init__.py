"""How fast the program is beside its peers, measured as users meet them: whole processes, start-up included.

runs      processes run in turn, with their times and their memory
tables    which commands are compared on which workload, and the ratios that are wanted
walk      capture and transport alone, as a process
page      the figures as Markdown, put into docs/performance.md
growth    time and memory against packets, connections, files and workers, as figures
guard     instructions counted by valgrind, against a ceiling: what CI can afford
"""
