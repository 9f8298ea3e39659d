"""Pictures, from wherever they are on this machine to bytes and batches."""

from dcgan_course.data.cache import cache_folder, downloads_allowed
from dcgan_course.data.images import (
    FOLDER_SIZE,
    LARGEST_SIZE,
    NAMES,
    STAND_IN_COUNT,
    STAND_IN_SEED,
    STAND_INS,
    Images,
    already_here,
    load_images,
)
from dcgan_course.data.pixels import batches, scale, to_pixels
