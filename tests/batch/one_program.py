"""Makes the process that imports it take fasciscan for one program, even if its sources are edited meanwhile."""

from fasciscan.batch import cluster, tasks

PROGRAM = "one program"

tasks.program_sha256 = cluster.program_sha256 = lambda: PROGRAM
