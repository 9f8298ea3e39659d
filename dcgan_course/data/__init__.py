"""Pictures, from wherever they are on this machine to bytes and batches; may import errors."""

from dcgan_course.data.images import Images, already_here, load_images
from dcgan_course.data.pixels import batches, scale, to_pixels
