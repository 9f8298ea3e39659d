"""The book: all lessons as one folder of pages that opens from a file, without a network and without a kernel.

Its explorers stand beside those of `dcgan_course.widgets`, in plain JavaScript. anywidget could make one of the two,
but it is no package that the course asks of its learners, and there would be nothing to compare: now the notebook's
twin computes with torch, and tests hold the page's numbers against it.
"""
