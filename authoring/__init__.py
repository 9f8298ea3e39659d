"""What authors use: percent scripts to notebooks, solutions to exercises, notebooks to pages."""
