"""A folder of one's own pictures: which files it holds, how they are sorted, and how bright they are."""
