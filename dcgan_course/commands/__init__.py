"""The commands of `python -m dcgan_course`, a file each."""
