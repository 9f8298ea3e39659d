"""dcgan_course: the small package behind the course "How do I really understand DCGAN?".

The lessons build each idea once, in plain sight; afterwards it lives here. Importing this package
imports nothing else: take the module that you need, for example `from dcgan_course.convolution import arithmetic`.
"""

__version__ = "0.2.0"
