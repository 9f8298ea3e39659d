"""What a terminal asks for: the commands of `python -m dcgan_course`, a file each. May import everything but widgets
and checks.
"""
