"""The command line, one module for each family of commands. They parse and print; nothing else."""
