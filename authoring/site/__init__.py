"""The book: all lessons as one folder of pages that opens from a file, without a network and without a kernel."""
