"""What was found after DCGAN, a file a fix: each is a small change to the same two steps of `training.loop`."""
