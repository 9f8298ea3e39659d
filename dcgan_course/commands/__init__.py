"""What a terminal asks for: the commands of `python -m dcgan_course`, a file each; may import everything but widgets
and checks.
"""
