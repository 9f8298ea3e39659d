"""Pictures that the course draws itself, digits and objects: the same bytes on every machine."""
