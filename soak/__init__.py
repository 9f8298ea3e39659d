"""The course under attack: kills, damaged files, absurd command lines and restless clicks, thousands of each.

`python -m soak` (`make soak`) plays all of it and prints counts; tests/soak plays a short part. A kind of fault that is
found here gets a test of its own in the room where it was mended.
"""
