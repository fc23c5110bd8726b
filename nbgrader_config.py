"""nbgrader's settings for this course; every nbgrader command and the formgrader page read this file."""

from autograder import nbgrader_plugin

c = get_config()

nbgrader_plugin.configure(c)

c.CourseDirectory.course_id = "nndl"

# The hidden images of accuracy checks: a folder with CIFAR-10, or "offline" for drawn ones.
# Empty means the environment variable NNDL_DATA.
c.RecordScores.data = ""

# True: use the reports of an `autograder grade` run, which grades many submissions at the same time, if they are for
# the newest files that were handed in.
c.RecordScores.reuse_reports = False

# Seconds for one cell and for a whole notebook when its outputs are made again. Points do not depend on them.
c.Execute.timeout = 30
c.SandboxedExecute.total_timeout = 240.0
