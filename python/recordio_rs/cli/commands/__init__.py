"""The commands, a module for each; `cli.app` has the list of them."""
